/** Who may come, how often and from where (compat/behaviour.md sections 21 and 25). */
import { createHash } from 'node:crypto';
import type { Settings } from '../config/settings/table.ts';
import type { CorsAnnotations } from '../graph/annotations/cors.ts';
import type { Annotations } from '../graph/annotations/read.ts';
import type { GraphHost, ParsedIngress } from '../graph/graph.ts';
import type { Literal, Token } from '../text/safe.ts';
import type { AccessPolicy, CorsPolicy, Limit, LimitGroup } from './model.ts';

const NOBODY: readonly Token[] = Object.freeze([]);

export const NO_ACCESS: AccessPolicy = Object.freeze({
  deny: NOBODY,
  allow: NOBODY,
  rate: null,
  rateAfter: null,
});

/** A list of an Ingress replaces that of the ConfigMap. */
export function accessPolicy({ access }: Annotations, settings: Settings): AccessPolicy {
  const own = access.deny ?? settings.denylistSourceRange;
  const allow = access.allow ?? settings.whitelistSourceRange;
  // A location with a list inherits none, not that of the blocks either.
  const deny = own.length + allow.length > 0 ? [...settings.blockCidrs, ...own] : own;
  const rate = speedOf(access.rate, settings.limitRate);
  const rateAfter = speedOf(access.rateAfter, settings.limitRateAfter);
  if (deny.length === 0 && allow.length === 0 && rate === null && rateAfter === null) return NO_ACCESS;
  return { deny, allow, rate, rateAfter };
}

/** No limit, where the ConfigMap has one, must be written: it would be inherited. */
function speedOf(own: number | null, shared: number): number | null {
  return positive(own) ?? (own !== null && shared > 0 ? 0 : null);
}

function positive(value: number | null): number | null {
  return value !== null && value > 0 ? value : null;
}

export function corsPolicy(cors: CorsAnnotations): CorsPolicy | null {
  if (cors.enabled !== true) return null;
  return {
    origins: cors.origins ?? ('*' as string as Literal),
    methods: cors.methods ?? METHODS,
    headers: cors.headers ?? HEADERS,
    credentials: cors.credentials !== false,
    expose: cors.expose ?? ('' as string as Literal),
    maxAge: cors.maxAge ?? 1_728_000,
  };
}

const METHODS = 'GET, PUT, POST, DELETE, PATCH, OPTIONS' as string as Literal;
const HEADERS =
  'DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization' as string as Literal;

/** nginx takes no more. */
const MOST_CONNECTIONS = 65_535;

/** All paths and hosts of an Ingress share its limits. */
export function limitsOf(owner: ParsedIngress | null): readonly Limit[] {
  const access = owner?.annotations.access;
  if (owner === null || access === undefined) return NO_LIMITS;
  const { connections, rps, rpm } = access;
  if (connections === null && rps === null && rpm === null) return NO_LIMITS;
  const multiplier = positive(access.burst) ?? 5;
  const zone = (suffix: string) =>
    `${owner.namespace}_${owner.name}_${owner.uid}_${suffix}` as string as Token;
  const limits: Limit[] = [];
  const [most, second, minute] = [positive(connections), positive(rps), positive(rpm)];
  if (most !== null)
    limits.push({
      kind: 'connections',
      zone: zone('conn'),
      count: Math.min(most, MOST_CONNECTIONS),
      burst: 0,
    });
  if (second !== null)
    limits.push({ kind: 'second', zone: zone('rps'), count: second, burst: second * multiplier });
  if (minute !== null)
    limits.push({ kind: 'minute', zone: zone('rpm'), count: minute, burst: minute * multiplier });
  return limits;
}

const NO_LIMITS: readonly Limit[] = Object.freeze([]);

/** Ingresses with paths on these hosts that have limits, each once. */
export function limitersOf(hosts: readonly GraphHost[]): readonly ParsedIngress[] {
  const owners = new Set<ParsedIngress>();
  for (const { paths } of hosts) {
    for (const { owner } of paths) if (owner !== null) owners.add(owner);
  }
  return [...owners].filter((owner) => limitsOf(owner).length > 0);
}

/** Of each of these Ingresses. */
export function limitGroups(owners: Iterable<ParsedIngress>): readonly LimitGroup[] {
  return Array.from(new Set(owners), (owner) => ({
    id: idOf(owner),
    exempt: owner.annotations.access.exempt ?? NOBODY,
    limits: limitsOf(owner),
  })).sort((a, b) => (a.id < b.id ? -1 : 1));
}

function idOf({ namespace, name, uid }: ParsedIngress): Token {
  const hash = createHash('sha256').update(`${namespace}/${name}/${uid}`).digest('hex');
  return hash.slice(0, 16) as string as Token;
}
