/** Other Ingresses that name the host, and why they do not serve the request. */
import { keyOf } from '../lib/keys.ts';
import { findIn } from '../model/find.ts';
import type { Server } from '../model/model.ts';
import type { Ingress, IngressRule } from '../source/objects.ts';
import type { ExplainContext } from './context.ts';

interface Asked {
  readonly server: Server;
  /** As it was asked for. */
  readonly host: string;
  readonly path: string;
}

const MOST_SHOWN = 20;

export function rivalLines(asked: Asked, context: ExplainContext): readonly string[] {
  const { server, host, path } = asked;
  const found = findIn(server, path);
  const winner =
    found?.kind === 'location' ? `${found.location.route.namespace}/${found.location.route.ingress}` : null;
  const names = new Set([server.host as string, host]);
  const rivals = context.wanted.ingresses.filter(
    (ingress) => keyOf(ingress.metadata) !== winner && rulesFor(ingress, names).length > 0,
  );
  const lines = rivals
    .slice(0, MOST_SHOWN)
    .map((ingress) => `Ingress ${keyOf(ingress.metadata)}: ${why(ingress, asked, context)}`);
  if (rivals.length > MOST_SHOWN) lines.push(`and ${rivals.length - MOST_SHOWN} more`);
  return lines.map((line, index) => `${index === 0 ? 'Not by' : '      '}    ${line}`);
}

/** A default backend counts as a rule for the default server. */
function rulesFor({ spec }: Ingress, names: ReadonlySet<string>): readonly IngressRule[] {
  const rules = spec.rules ?? [];
  const all = spec.defaultBackend === undefined ? rules : [{}, ...rules];
  return all.filter((rule) => names.has(rule.host === undefined || rule.host === '' ? '_' : rule.host));
}

function why(ingress: Ingress, { server, host, path }: Asked, context: ExplainContext): string {
  const key = keyOf(ingress.metadata);
  const held = context.quarantined.find((entry) => entry.kind === 'Ingress' && entry.key === key);
  if (held !== undefined) return `in quarantine (${held.standIn}): ${held.message}`;
  const foreign = context.foreign(ingress);
  if (foreign !== null) return foreign;
  const own = server.locations.filter(
    ({ route }) => route.service !== '' && `${route.namespace}/${route.ingress}` === key,
  );
  if (ingress.metadata.annotations?.[`${context.annotationsPrefix}/canary`] === 'true')
    return 'a canary: what it gets is said at the backend, if its host and path are those of another Ingress';
  if (own.length === 0) return 'none of its paths is in force; see the problems, if there are any';
  if (findIn({ ...server, locations: own }, path)?.kind === 'location')
    return 'its path matches, but comes after the one that serves';
  const paths = rulesFor(ingress, new Set([server.host as string, host]))
    .flatMap((rule) => rule.http?.paths ?? [])
    .map((entry) => entry.path ?? '/');
  return `none of its paths matches: ${paths.slice(0, 10).join(' ')}`;
}
