/** From the paths of a host to nginx locations (compat/behaviour.md 7.4 to 7.7). */
import type { Settings } from '../config/settings/table.ts';
import type { BackendRef, GraphHost, HostPath } from '../graph/graph.ts';
import type { Literal, Pattern } from '../text/safe.ts';
import { limitsOf } from './access.ts';
import { locationTls } from './backend-tls.ts';
import type { BackendTlsTable, HostTls } from './backend-tls.ts';
import { authLocationName } from './external-auth.ts';
import { NO_ERRORS, locationErrors } from './errors.ts';
import { mirrorOf, refusedMirrorOf } from './mirror.ts';
import type { Location, Match, Route } from './model.ts';
import type { PolicyTable } from './policy.ts';

export interface LocationContext {
  readonly settings: Settings;
  readonly policies: PolicyTable;
  readonly backendTls: BackendTlsTable;
  readonly backendName: (ref: BackendRef | null) => Literal;
}

/** Every location of a host in file order; no two that nginx would call duplicates. */
export function buildLocations(host: GraphHost, context: LocationContext): readonly Location[] {
  const seen = new Set<string>();
  const locations: Location[] = [];
  const exact = new Set<string>(host.paths.filter(({ type }) => type === 'Exact').map(({ path }) => path));
  const endpoints = context.backendTls.ofHost(host);
  for (const path of host.paths) {
    const common = commonOf(path, endpoints, context);
    for (const match of matchesOf(path, host, exact)) {
      const key = `${match.kind} ${match.kind === 'regex' ? match.pattern : match.path}`;
      // The longer declared path comes first and keeps the location: Prefix /x/ before Prefix /x (cures W-07).
      if (seen.has(key)) continue;
      seen.add(key);
      locations.push({ match, ...common });
    }
  }
  return locations;
}

/** What all locations of a path have in common. */
function commonOf(path: HostPath, host: HostTls, context: LocationContext): Omit<Location, 'match'> {
  const tls = locationTls(path, host, context.backendTls);
  const isClosed = tls === 'closed';
  const policy = isClosed ? context.policies.closed(path) : context.policies.of(path);
  const authName = policy.auth === null ? null : authLocationName(path.path, path.type);
  return {
    route: { ...routeOf(path, context), authName, users: policy.password && (path.owner?.users ?? null) },
    policy,
    errors: isClosed ? NO_ERRORS : locationErrors(path, context.backendName),
    tls: isClosed ? null : tls,
  };
}

function matchesOf(path: HostPath, host: GraphHost, exact: ReadonlySet<string>): readonly Match[] {
  const declared = expand(path, exact);
  if (host.matching === 'plain') return declared;
  return declared.map((match) => asRegex(match, path));
}

/** @param exact paths of the host that an Exact path has. */
function expand(path: HostPath, exact: ReadonlySet<string>): readonly Match[] {
  const text = path.path;
  if (path.type === 'Exact') return [{ kind: 'exact', path: text }];
  if (text === '/' || rendersAsIs(path)) return [{ kind: 'prefix', path: text }];
  const withSlash: Match = { kind: 'prefix', path: text.endsWith('/') ? text : (`${text}/` as Literal) };
  if (text.endsWith('/')) return [withSlash];
  return exact.has(text) ? [withSlash] : [withSlash, { kind: 'exact', path: text }];
}

function rendersAsIs(path: HostPath): boolean {
  return path.owner?.annotations.rewrite.useRegex === true || rewriteOf(path) !== null;
}

// On a regex host everything is a case-insensitive expression that is anchored at the start only, Exact paths included.
function asRegex(match: Match, path: HostPath): Match {
  if (match.kind === 'regex') return match;
  const text = match.path === path.path ? (path.pattern ?? path.path) : match.path;
  return { kind: 'regex', pattern: `^${text}` as Pattern };
}

function rewriteOf(path: HostPath): Route['rewrite'] {
  const target = path.settings === 'all' ? (path.owner?.annotations.rewrite.target ?? null) : null;
  if (target === null || path.pattern === null || (target as string) === (path.path as string)) return null;
  return { pattern: `(?i)${path.pattern}` as Pattern, target };
}

const EMPTY = '' as Literal;

function routeOf(path: HostPath, context: LocationContext): Omit<Route, 'authName' | 'users'> {
  const rewrite = rewriteOf(path);
  const declared = path.declared;
  return {
    namespace: path.owner?.namespace ?? EMPTY,
    ingress: path.owner?.name ?? EMPTY,
    service: declared?.service ?? EMPTY,
    servicePort: declared?.port ?? EMPTY,
    path: path.owner === null ? EMPTY : path.path,
    kind: path.kind,
    upstream: context.backendName(path.backend),
    rewrite,
    forwardedPrefix: rewrite === null ? null : (path.owner?.annotations.rewrite.forwardedPrefix ?? null),
    limits: limitsOf(path.owner),
    mirror: mirrorOf(path.owner),
    refusedMirror: refusedMirrorOf(path.owner),
    tlsRedirect: neverRedirected(path, context.settings) ? 'never' : 'by-policy',
  };
}

// Compared with the path of the location, not with the URI of the request (compat/behaviour.md 18.1).
function neverRedirected(path: HostPath, settings: Settings): boolean {
  return settings.noTlsRedirectLocations.some((beginning) => path.path.startsWith(beginning));
}
