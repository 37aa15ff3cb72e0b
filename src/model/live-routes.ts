/**
 * New hosts that workers serve before a reload (docs/decisions/0009). The default server holds the policies that are in use as named
 * locations; a route tells workers which of them a path of a host takes, and what the static location would set.
 */
import { createHash } from 'node:crypto';
import type { Settings } from '../config/settings/table.ts';
import { differenceOf, gathered, perChunk } from '../lib/chunks.ts';
import { memoizeLast } from '../lib/memo.ts';
import { inOneGo } from '../lib/slices.ts';
import { sizeInBytes } from '../text/values.ts';
import type { LivePart, Location, Model, NamedPolicy, Policy, Server } from './model.ts';

/** nginx searches named locations one after the other, so only the most used have one. */
const MOST_POLICIES = 64;

export interface PolicyNames {
  nameOf(policy: Policy): NamedPolicy['name'];
  /** Those that new hosts may take, by name; none where the default server treats requests otherwise than other servers. */
  inUse(servers: readonly Server[], settings: Settings): readonly NamedPolicy[];
}

export function createPolicyNames(): PolicyNames {
  const names = new WeakMap<Policy, NamedPolicy['name']>();
  const usesOf = perChunk(countPolicies);
  const sum = gathered(addCounts);

  function nameOf(policy: Policy): NamedPolicy['name'] {
    const known = names.get(policy);
    if (known !== undefined) return known;
    const digest = createHash('sha256').update(JSON.stringify(policy)).digest('hex');
    const name = `@policy_${digest.slice(0, 16)}` as const;
    names.set(policy, name);
    return name;
  }

  function inUse(servers: readonly Server[], settings: Settings): readonly NamedPolicy[] {
    const fallback = servers.find(({ name }) => name.kind === 'catch-all');
    if (fallback === undefined || !isTransparent(fallback, settings)) return [];
    const uses = sum(inOneGo(usesOf(servers)));
    const common = [...uses].sort(([, a], [, b]) => b - a).slice(0, MOST_POLICIES);
    const named = common.map(([policy]) => ({ name: nameOf(policy), policy }));
    return named.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  return { nameOf, inUse };
}

/** How many locations that a new host might have have each policy. */
export function countPolicies(servers: readonly Server[]): ReadonlyMap<Policy, number> {
  const uses = new Map<Policy, number>();
  for (const { policy } of servers.filter(isRoutable).flatMap(({ locations }) => locations)) {
    uses.set(policy, (uses.get(policy) ?? 0) + 1);
  }
  return uses;
}

function addCounts(parts: readonly ReadonlyMap<Policy, number>[]): ReadonlyMap<Policy, number> {
  const uses = new Map<Policy, number>();
  for (const part of parts) {
    for (const [policy, count] of part) uses.set(policy, (uses.get(policy) ?? 0) + count);
  }
  return uses;
}

/** Whether a request that comes to the default server is treated there as in any other server. */
function isTransparent({ tls, backendTls, answer, errors, snippets }: Server, settings: Settings): boolean {
  return (
    tls === null &&
    backendTls === null &&
    snippets.before === null &&
    answer === 'locations' &&
    errors.pages.length === 0 &&
    errors.intercept === 'inherit' &&
    !settings.enableOcsp &&
    !settings.enableModsecurity &&
    !settings.sslRejectHandshake &&
    settings.blockUserAgents.length === 0 &&
    settings.blockReferers.length === 0
  );
}

/** Whether nothing of a host is said at the level of its server, or by expressions. */
export function isRoutable(server: Server): boolean {
  const { name, aliases, tls, backendTls, subject, appRoot, snippets, answer, errors, locations } = server;
  return (
    name.kind === 'exact' &&
    aliases.length === 0 &&
    tls === null &&
    backendTls === null &&
    subject === null &&
    appRoot === null &&
    snippets.before === null &&
    snippets.after === null &&
    answer === 'locations' &&
    errors.pages.length === 0 &&
    errors.named.length === 0 &&
    errors.intercept === 'inherit' &&
    locations.every((location) => isPlain(location) && !redirectsToSlash(location, locations))
  );
}

function isPlain({ match, route, policy, errors, tls }: Location): boolean {
  const { protocol } = policy.upstream;
  return (
    match.kind !== 'regex' &&
    tls === null &&
    route.rewrite === null &&
    route.forwardedPrefix === null &&
    route.limits.length === 0 &&
    route.mirror === null &&
    policy.auth === null &&
    policy.satisfy === null &&
    policy.snippets.length === 0 &&
    policy.security === null &&
    (protocol === 'http' || protocol === 'https') &&
    errors.pages.length === 0 &&
    errors.intercept === 'inherit' &&
    errors.standIn === null
  );
}

/** nginx answers `/x` with a redirect where it only knows `/x/`, while it looks for a location. */
function redirectsToSlash({ match }: Location, locations: readonly Location[]): boolean {
  if (match.kind !== 'prefix' || match.path === '/') return false;
  const path: string = match.path;
  if (!path.endsWith('/')) return true;
  return !locations.some(({ match: other }) => other.kind === 'exact' && `${other.path}/` === path);
}

export interface RouteInputs {
  readonly model: Model;
  /** Servers that workers which take connections may know: those that serve, and those that are about to. */
  readonly serving: readonly Server[];
  readonly coming: readonly Server[] | null;
}

const NONE: LivePart = new Map();

export interface LiveRoutes {
  /** A route for each host of the model that no worker serves yet and that can be served without a reload: `route:<host>`. */
  build(inputs: RouteInputs): LivePart;
}

export function createLiveRoutes(names: Pick<PolicyNames, 'nameOf'>): LiveRoutes {
  const namesOf = memoizeLast(reachableNames);

  function build({ model, serving, coming }: RouteInputs): LivePart {
    const policies = policiesOf(serving);
    const others = coming === null ? policies : policiesOf(coming);
    const known = namesOf(serving);
    if (policies.size === 0 || known === null) return NONE;
    const routes = new Map<string, string>();
    const isKnown = ({ policy }: Location) => {
      const name = names.nameOf(policy);
      return policies.has(name) && others.has(name);
    };
    const redirected = new Set<string>(model.redirects.map(({ from }) => from));
    for (const server of differenceOf(serving, model.servers).added) {
      if (known.has(server.host) || redirected.has(server.host) || !isRoutable(server)) continue;
      if (isBelow(server.host, known) || !server.locations.every(isKnown)) continue;
      routes.set(`route:${server.host}`, describe(server, model.http.settings, names));
    }
    return routes;
  }

  return { build };
}

function policiesOf(servers: readonly Server[]): ReadonlySet<string> {
  const fallback = servers.find(({ name }) => name.kind === 'catch-all');
  return new Set(fallback?.policies.map(({ name }) => name));
}

/** Names that reach a server already; null when expressions are among them, which may match anything. */
function reachableNames(servers: readonly Server[]): ReadonlySet<string> | null {
  const names = new Set<string>();
  for (const { host, aliases } of servers) {
    names.add(host);
    for (const alias of aliases) {
      if (alias.startsWith('~') || alias.includes('*')) return null;
      names.add(alias);
    }
  }
  return names;
}

/** Whether a wildcard takes the requests for a host. */
function isBelow(host: string, known: ReadonlySet<string>): boolean {
  return known.has(`*${host.slice(host.indexOf('.'))}`);
}

/** What nginx/lua/tidegate/routes.lua reads. */
function describe(server: Server, settings: Settings, { nameOf }: Pick<PolicyNames, 'nameOf'>): string {
  const routes = { exact: {} as Record<string, object>, prefix: {} as Record<string, object> };
  for (const { match, route, policy } of server.locations) {
    if (match.kind === 'regex') continue;
    const { namespace, ingress, service, servicePort, path, upstream, kind, users, tlsRedirect } = route;
    routes[match.kind][match.path] = {
      policy: nameOf(policy),
      // 0: none.
      limit: sizeInBytes(policy.proxy.bodySize ?? settings.proxyBodySize),
      set: {
        namespace,
        ingress_name: ingress,
        service_name: service,
        service_port: servicePort,
        location_path: path,
        location_kind: kind,
        proxy_upstream_name: upstream,
        ...(users === null ? {} : { auth_users: users }),
        force_no_ssl_redirect: tlsRedirect === 'never' ? 'true' : '',
        special: tlsRedirect === 'never' ? 'yes' : '',
      },
    };
  }
  return JSON.stringify(routes);
}
