/** Which service says who may come to a location (compat/behaviour.md 23.1). */
import type { Settings } from '../config/settings/table.ts';
import { createHash } from 'node:crypto';
import type { ExternalAuthAnnotations } from '../graph/annotations/external-auth.ts';
import type { ParsedIngress } from '../graph/graph.ts';
import type { Expression, Literal, Token } from '../text/safe.ts';
import type { AuthPool, ExternalAuth, Server } from './model.ts';

const REQUEST_URI = '$request_uri' as string as Expression;
const PARAMETER = 'rd' as string as Literal;
const DURATIONS = [
  ['200', '202', '401', '5m'],
] as readonly (readonly string[])[] as readonly (readonly Token[])[];

/** Settings of annotations and of the ConfigMap are never mixed. */
export function externalAuth(
  { annotations: { externalAuth: own }, references }: Pick<ParsedIngress, 'annotations' | 'references'>,
  global: ExternalAuth | null,
): ExternalAuth | null {
  if (own.url === null) return own.global === false ? null : global;
  return {
    scope: 'own',
    ...own.url,
    method: own.method,
    signin: own.signin?.url ?? null,
    signinParameter: own.signinParameter ?? PARAMETER,
    responseHeaders: own.responseHeaders ?? [],
    requestRedirect: own.requestRedirect ?? REQUEST_URI,
    cacheKey: own.cacheKey,
    cacheDurations: own.cacheDuration ?? DURATIONS,
    alwaysSetCookie: own.alwaysSetCookie === true,
    headers: references.authHeaders === 'broken' ? [] : references.authHeaders,
    pool: poolOf(own, own.url.url),
    sharesVariables: own.keepaliveShareVars === true,
    snippet: own.snippet,
  };
}

const MOST_CONNECTIONS = 1024;

/** Of each place by itself: nginx tells connections apart by address only, not by the name that TLS was asked for. */
function poolOf(own: ExternalAuthAnnotations, url: string): AuthPool | null {
  const connections = Math.min(own.keepalive ?? 0, MOST_CONNECTIONS);
  const [requests, timeout] = [own.keepaliveRequests ?? 1000, own.keepaliveTimeout ?? 60];
  const place = /^https?:\/\/[^/?]+/.exec(url)?.[0] ?? '';
  // As with ingress-nginx: not where a variable decides about the place.
  if (connections <= 0 || requests <= 0 || timeout <= 0 || place.includes('$')) return null;
  const digest = createHash('sha256').update(`${place} ${connections} ${requests} ${timeout}`).digest('hex');
  return { name: `auth_${digest.slice(0, 16)}` as string as Token, connections, requests, timeout };
}

/** Each once. */
export function authPoolsOf(servers: readonly Server[]): ReadonlyMap<string, AuthPool> {
  const pools = servers.flatMap(({ locations }) => locations.map(({ policy }) => policy.auth?.pool ?? null));
  return new Map(pools.flatMap((pool) => (pool === null ? [] : [[pool.name, pool] as const])));
}

export function globalAuth(settings: Settings): ExternalAuth | null {
  if (settings.globalAuthUrl === null) return null;
  return {
    scope: 'global',
    ...settings.globalAuthUrl,
    method: settings.globalAuthMethod,
    signin: settings.globalAuthSignin?.url ?? null,
    signinParameter: settings.globalAuthSigninRedirectParam ?? PARAMETER,
    responseHeaders: settings.globalAuthResponseHeaders,
    requestRedirect: settings.globalAuthRequestRedirect ?? REQUEST_URI,
    cacheKey: settings.globalAuthCacheKey,
    cacheDurations: settings.globalAuthCacheDuration,
    alwaysSetCookie: settings.globalAuthAlwaysSetCookie,
    headers: [],
    pool: null,
    sharesVariables: false,
    snippet: settings.globalAuthSnippet === '' ? null : settings.globalAuthSnippet,
  };
}

/** Name of the internal location: `/_external-auth-<base64url of the path>-<pathType>`. */
export function authLocationName(path: string, type: string): Literal {
  return `/_external-auth-${Buffer.from(path).toString('base64url')}-${type}` as string as Literal;
}
