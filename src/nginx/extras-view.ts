/** What annotations of Tidegate's own ask for, as the templates print it. */
import type { HttpModel, Policy } from '../model/model.ts';

export function extrasView({ extras }: Pick<Policy, 'extras'>) {
  const lines = extras?.responseHeaders ?? [];
  const toLua = (items: readonly object[] = []) => ({
    present: items.length > 0,
    text: items.length > 0 ? JSON.stringify(items) : '',
  });
  return {
    limits: toLua(extras?.rateLimits),
    moves: toLua(extras?.redirects),
    asks: toLua(extras?.requestHeaders),
    answers: lines.flatMap((line) => (line.kind === 'set' ? { line: `${line.name}: ${line.value}` } : [])),
    added: lines.flatMap((line) => (line.kind === 'add' ? { name: line.name, content: line.value } : [])),
    removed: lines.flatMap((line) => (line.kind === 'remove' ? { name: line.name } : [])),
  };
}

/** Whether a location has a hook of its own instead of that of http. */
export function hasHook({ extras, telemetry }: Pick<Policy, 'extras' | 'telemetry'>): boolean {
  if (telemetry !== null) return true;
  return (
    extras !== null && extras.rateLimits.length + extras.redirects.length + extras.requestHeaders.length > 0
  );
}

export function extrasHeadView({ settings, hasExtras }: Pick<HttpModel, 'settings' | 'hasExtras'>) {
  return { has: hasExtras, status: settings.limitReqStatusCode };
}
