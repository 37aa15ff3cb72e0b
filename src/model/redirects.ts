/** Where locations and hosts redirect to (compat/behaviour.md 18.2, 18.5). */
import type { RedirectAnnotations } from '../graph/annotations/redirect.ts';
import type { GraphHost, HostPath, ParsedIngress } from '../graph/graph.ts';
import type { Expression } from '../text/safe.ts';
import type { RedirectPolicy } from './model.ts';

/** Temporal wins; codes out of their range give the usual one (compat/behaviour.md 18.2). */
export function redirectTarget(values: RedirectAnnotations): RedirectPolicy['target'] {
  const { temporal, temporalCode, permanent, permanentCode } = values;
  if (temporal !== null) return { code: within(temporalCode, 307) ?? 302, url: temporal };
  if (permanent !== null) return { code: within(permanentCode, 308) ?? 301, url: permanent };
  return null;
}

function within(code: number | null, last: number): number | null {
  return code !== null && code >= 300 && code <= last ? code : null;
}

/** That of the location which sorts first counts for the host. */
export function appRootOwner({ paths }: GraphHost): ParsedIngress | null {
  const isIt = ({ owner, settings }: HostPath) =>
    settings === 'all' && (owner?.annotations.redirect.appRoot ?? null) !== null;
  return paths.find(isIt)?.owner ?? null;
}

export function appRootOf(host: GraphHost): Expression | null {
  return appRootOwner(host)?.annotations.redirect.appRoot ?? null;
}
