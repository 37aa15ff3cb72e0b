/**
 * What nginx answers for a set of Ingresses, in one small function: written from the tables of sections 6 and 7 of
 * compat/behaviour.md and docs/differences.md, and on purpose without anything of the product.
 */
import type { PathSpec } from '../harness/objects.ts';

export interface Rule {
  /** Empty: none. */
  readonly host: string;
  readonly paths: readonly Required<PathSpec>[];
}

export interface Owner {
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  readonly rules: readonly Rule[];
  readonly defaultBackend: string | null;
  readonly useRegex: boolean;
  readonly rewriteTarget: string | null;
  readonly tls: boolean;
}

/** A Service without endpoints. */
export const DOWN = 'down';

interface Location {
  readonly path: string;
  readonly type: 'Exact' | 'Prefix';
  /** Null: the global default backend. */
  to: string | null;
  useRegex: boolean;
  /** Null when it would change nothing. */
  rewriteTarget: string | null;
  /** Nobody has asked for it; made with the server. */
  implicit: boolean;
}

interface Server {
  /** In the order in which they came. */
  readonly locations: Location[];
  hasCertificate: boolean;
}

type Servers = ReadonlyMap<string, Server>;

interface Rendered {
  readonly kind: '=' | 'prefix';
  readonly text: string;
  readonly location: Location;
}

/** `BACKEND URL`, a status, or a status and a Location. */
export function answerOf(owners: readonly Owner[], host: string, target: string): string {
  const servers = serversOf(owners);
  const server = servers.get(serverNameOf(servers, host));
  if (server === undefined) throw new Error('the server _ always exists');
  const [uri = '', query] = target.split('?');
  const found = isRegexServer(server) ? chooseByRegex(server, uri) : choosePlain(server, uri);
  if (found === 'add-slash') return `301 http://${host}${target.replace(uri, `${uri}/`)}`;
  // 18.1: without one slash at the end.
  if (hasCertificate(servers, host)) return `308 https://${host}${target.replace(/\/$/, '')}`;
  if (found.to === null) return '404';
  if (found.to === DOWN) return '503';
  return `${found.to} ${rewritten(found, uri)}${query === undefined ? '' : `?${query}`}`;
}

/** 3.5: of equal age the one with the greatest name counts as the oldest. */
function byAge(one: Owner, other: Owner): number {
  if (one.created !== other.created) return one.created < other.created ? -1 : 1;
  return one.name > other.name ? -1 : 1;
}

function serversOf(owners: readonly Owner[]): Servers {
  const sorted = owners.toSorted(byAge);
  const catchAll: Server = { locations: [implicitRoot(null)], hasCertificate: false };
  const servers = new Map([['_', catchAll]]);
  for (const owner of sorted) {
    if (owner.rules.length === 0) takeCatchAll(catchAll, owner);
    for (const { host } of owner.rules) {
      if (host === '') continue;
      const server = servers.get(host) ?? { locations: [implicitRoot(owner)], hasCertificate: false };
      servers.set(host, server);
      if (owner.tls) server.hasCertificate = true;
    }
  }
  for (const owner of sorted) {
    for (const rule of owner.rules) {
      for (const path of rule.paths) addPath(servers.get(rule.host || '_'), owner, path);
    }
  }
  return servers;
}

function implicitRoot(owner: Owner | null): Location {
  const to = owner?.defaultBackend ?? null;
  return { path: '/', type: 'Prefix', to, implicit: true, ...settingsOf(owner, '/') };
}

function settingsOf(owner: Owner | null, path: string): Pick<Location, 'useRegex' | 'rewriteTarget'> {
  const target = owner?.rewriteTarget ?? null;
  return { useRegex: owner?.useRegex ?? false, rewriteTarget: target === path ? null : target };
}

/** 6.2: everything but redirects and rewrites. */
function takeCatchAll({ locations: [root] }: Server, { defaultBackend }: Owner): void {
  if (root === undefined || !root.implicit || defaultBackend === null) return;
  root.to = defaultBackend;
  root.implicit = false;
}

/** 7.1 and 7.2; the oldest keeps what it has. */
function addPath(server: Server | undefined, owner: Owner, spec: Required<PathSpec>): void {
  if (server === undefined) throw new Error(`no server for ${spec.path}`);
  const type = spec.type === 'Exact' ? 'Exact' : 'Prefix';
  const path = spec.path === '' ? '/' : spec.path;
  const settings = { to: spec.to, implicit: false, ...settingsOf(owner, path) };
  const same = server.locations.find((location) => location.path === path && location.type === type);
  if (same === undefined) server.locations.push({ path, type, ...settings });
  else if (same.implicit) Object.assign(same, settings);
}

/** 15.2: names as they are, then one label in the place of a star. */
function serverNameOf(servers: Servers, host: string): string {
  if (servers.has(host)) return host;
  const wildcard = wildcardOf(host);
  return wildcard !== null && servers.has(wildcard) ? wildcard : '_';
}

function wildcardOf(host: string): string | null {
  const rest = /^[\w-]+\.(.+)$/.exec(host)?.[1];
  return rest === undefined ? null : `*.${rest}`;
}

/** 18.1: also that of the wildcard beside a host without one. */
function hasCertificate(servers: Servers, host: string): boolean {
  const names = [host, wildcardOf(host)];
  return names.some((name) => name !== null && servers.get(name)?.hasCertificate === true);
}

/** 7.5. */
function isRegexServer({ locations }: Server): boolean {
  return locations.some(isRegex);
}

function isRegex({ useRegex, rewriteTarget }: Location): boolean {
  return useRegex || rewriteTarget !== null;
}

/** 7.3: the longest text first, of equal ones the greatest, then in order of age. */
function sorted({ locations }: Server): readonly Location[] {
  return locations.toSorted(({ path: a }, { path: b }) => {
    if (a.length !== b.length) return b.length - a.length;
    if (a === b) return 0;
    return a > b ? -1 : 1;
  });
}

/** 7.4. */
function render(server: Server): readonly Rendered[] {
  const has = (type: Location['type'], path: string) =>
    server.locations.some((location) => location.type === type && location.path === path);
  return sorted(server).flatMap((location): readonly Rendered[] => {
    const { path, type } = location;
    const exact: Rendered = { kind: '=', text: path, location };
    if (type === 'Exact') return [exact];
    const as = (text: string): Rendered => ({ kind: 'prefix', text, location });
    if (path === '/' || isRegex(location)) return [as(path)];
    const below = path.endsWith('/') ? path : `${path}/`;
    // docs/differences.md: a Prefix that is declared with its slash keeps what is below it.
    const ofTwin = below !== path && has('Prefix', below);
    return [...(ofTwin ? [] : [as(below)]), ...(has('Exact', path) ? [] : [exact])];
  });
}

function chooseByRegex(server: Server, uri: string): Location {
  const found = render(server).find(({ text }) => new RegExp(`^${text}`, 'i').test(uri));
  if (found === undefined) throw new Error('an implicit / matches everything');
  return found.location;
}

/** What nginx does with exact and prefix locations, the redirect to a name with a slash included. */
function choosePlain(server: Server, uri: string): Location | 'add-slash' {
  const rendered = render(server);
  const exact = rendered.find(({ kind, text }) => kind === '=' && text === uri);
  if (exact !== undefined) return exact.location;
  if (rendered.some(({ text }) => text === `${uri}/`)) return 'add-slash';
  const [longest] = rendered
    .filter(({ kind, text }) => kind === 'prefix' && uri.startsWith(text))
    .toSorted((one, other) => other.text.length - one.text.length);
  if (longest === undefined) throw new Error('an implicit / matches everything');
  return longest.location;
}

/** 7.6: the whole URI becomes the target, however much of it the path has matched. */
function rewritten({ path, rewriteTarget }: Location, uri: string): string {
  if (rewriteTarget === null) return uri;
  const match = new RegExp(path, 'i').exec(uri);
  if (match === null) return uri;
  return rewriteTarget.replaceAll(/\$(\d)/g, (_, digit: string) => match[Number(digit)] ?? '');
}
