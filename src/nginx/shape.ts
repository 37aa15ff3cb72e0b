/** Proof that a rendered text has exactly the shape that the model asked for, whatever its values hold. */
import { parseConfig } from '../text/lexer.ts';
import type { Directive } from '../text/lexer.ts';
import type { Snippet } from '../text/safe.ts';
import { serverNameOf } from '../text/server-name.ts';
import type { Mirror } from '../model/mirror.ts';
import type { ExternalAuth, Location, Server } from '../model/model.ts';
import { IN_INTERNAL, IN_LOCATION, IN_SERVER } from './shape-names.ts';
import { authOf, placeOf, pooledUrl } from './auth-view.ts';
import { withoutOwn } from './own-directives.ts';
import type { OwnDirectives } from './own-directives.ts';
import { withoutSnippets } from './snippet-shape.ts';
import { assertBackendTls, isBackendTls, wantedTlsOf } from './backend-tls-shape.ts';
import { UPSTREAM, upstreamOf } from './backend-tls-view.ts';
import { assertMirrorLocations, assertMirroring, isMirrorLocation, isMirroring } from './mirror-shape.ts';
import { mirrorIn, mirrorsOf } from './mirror-view.ts';
import { withoutCors } from './cors-shape.ts';
import { makesCors } from './cors-view.ts';
import { assertErrorPages, assertNamedLocations, isNamedLocation } from './errors-shape.ts';
import { withoutTelemetry } from './telemetry-shape.ts';
import { assertHooks, withoutPassword } from './password-shape.ts';

/**
 * @param own what may be there besides: of the templates of an administrator.
 * @throws when the text is not one server with the model's name and locations, made of known directives only.
 */
export function assertServerText(text: string, server: Server, own: OwnDirectives | null = null): void {
  const fail = (reason: string): never => {
    throw new Error(`the text of server ${server.host} is not what the model asked for: ${reason}`);
  };
  const [directive, ...others] = parseConfig(text);
  if (directive?.name !== 'server' || directive.block === null || others.length > 0)
    fail('it is not one server');
  const { before, after } = server.snippets;
  const snippets = [before, after].filter((snippet) => snippet !== null);
  const asked = directive?.block ?? [];
  const around = () => ({ lines: text.split('\n'), snippets: [...snippets, ...snippetsIn(server)] });
  const mine = own === null ? asked : withoutOwn(asked, own, around());
  const block = withoutSnippets(mine, snippets) ?? fail('its snippets differ');
  const names = block.filter(({ name }) => name === 'server_name');
  const wanted = [serverNameOf(server.host), ...server.aliases];
  if (names.length !== 1 || names[0]?.args.join('\n') !== wanted.join('\n')) fail('its name differs');
  const [locations, internal] = split(block.filter(({ name }) => name === 'location'));
  assertInternal(internal, server, fail);
  const main = server.name.kind === 'catch-all' ? locations.slice(0, server.locations.length) : locations;
  if (main.length !== server.locations.length) fail(`it has ${main.length} locations`);
  for (const [index, location] of main.entries()) {
    const expected = server.locations[index];
    if (expected === undefined || !sameMatch(location, expected)) fail(`location ${index} differs`);
  }
  assertErrorPages(withoutClientErrors(block, server), server.errors, fail);
  assertBackendTls(block, server.backendTls, fail);
  assertNamedLocations(block, server, fail);
  assertMirrorLocations(block.filter(isMirrorLocation), mirrorsOf(server.locations), fail);
  assertPolicies(block, server, fail);
  assertHooks(block, fail);
  const expected = new Map(main.map((location, index) => [location, wishOf(server.locations[index])]));
  const checked = new Set(internal);
  for (const entry of block) {
    if (checked.has(entry) || isApart(entry) || isBackendTls(entry)) continue;
    if (entry.name === 'location') assertLocation(entry, { expected: expected.get(entry), fail });
    else if (entry.name === 'if') assertCondition(entry, { server, fail });
    else if (entry.name === 'return') assertForbidden(entry, { server, fail });
    else if (!IN_SERVER.has(entry.name) || (entry.block !== null) !== entry.name.endsWith('_by_lua_block'))
      fail(`directive "${entry.name}" is not expected`);
  }
}

function snippetsIn({ locations }: Server): readonly Snippet[] {
  return locations.flatMap((location) => [
    ...location.policy.snippets,
    ...[authOf(location)?.snippet ?? null].filter((snippet) => snippet !== null),
  ]);
}

/** Those of the model, and those that ask authentication services and send people to sign in. */
function split(
  all: readonly Directive[],
): readonly [own: readonly Directive[], internal: readonly Directive[]] {
  const rest = all.filter((entry) => !isApart(entry));
  const isInternal = ({ args }: Directive) =>
    args[0]?.startsWith('@') === true || args[1]?.startsWith('/_external-auth-') === true;
  return [rest.filter((entry) => !isInternal(entry)), rest.filter(isInternal)];
}

/** Locations that are proven by themselves. */
function isApart(entry: Directive): boolean {
  return isNamedLocation(entry) || isPolicyLocation(entry) || isMirrorLocation(entry);
}

function isPolicyLocation({ name, args }: Directive): boolean {
  return name === 'location' && args.length === 1 && args[0]?.startsWith('@policy_') === true;
}

/** Hosts that are newer than the file get what the model says and nothing else. */
function assertPolicies(
  block: readonly Directive[],
  { policies }: Server,
  fail: (reason: string) => never,
): void {
  const found = block.filter(isPolicyLocation);
  const hooks = block.filter(({ name }) => name === 'server_rewrite_by_lua_block');
  if (hooks.length !== Math.min(found.length, 1)) fail('its hook for new hosts differs');
  if (found.length === 0) return;
  if (found.map(({ args }) => args[0]).join() !== policies.map(({ name }) => name).join())
    fail('its locations of policies differ');
  for (const [index, entry] of found.entries()) {
    const policy = policies[index]?.policy;
    if (policy !== undefined)
      assertLocation(entry, { expected: { policy, errors: null, tls: null, mirror: null }, fail });
  }
}

function assertInternal(
  locations: readonly Directive[],
  server: Server,
  fail: (reason: string) => never,
): void {
  const auths = server.locations.flatMap((location) => authOf(location) ?? []);
  const sets = new Set(auths.flatMap(variablesOf));
  const byName = new Map(
    server.locations.map((location) => [location.route.authName as string | null, authOf(location)]),
  );
  if (locations.length > 0 && auths.length === 0) fail('it has locations that nobody asked for');
  const most = locations.length > 0 && makesCors(server) ? 1 : 0;
  for (const { block, args: match } of locations) {
    const snippet = byName.get(match.at(-1) ?? '')?.snippet ?? null;
    const bare = withoutSnippets(block ?? [], snippet === null ? [] : [snippet]) ?? fail('a snippet differs');
    const rest = withoutCors(bare, most, fail);
    assertBackendTls(rest, 'apart', fail);
    for (const { name, args, block: inner } of rest.filter((entry) => !isBackendTls(entry))) {
      if (!IN_INTERNAL.has(name) || (inner !== null) !== (name === 'rewrite_by_lua_block'))
        fail(`directive "${name}" is not expected in a location`);
      const words = args.join(' ');
      const good =
        (name !== 'proxy_pass' || words === '$target') &&
        (name !== 'rewrite_by_lua_file' || words.endsWith('/nginx/ngx_conf_ask.lua')) &&
        (name !== 'set' ||
          /^\$auth_satisfy (?:any|all)$/.test(words) ||
          args[0] === '$cache_key' ||
          sets.has(args.join('\n'))) &&
        (name !== 'return' || words.startsWith('302 '));
      if (!good) fail(`the parameters of "${name}" are not expected in a location`);
    }
  }
}

/** What the location that asks a service may set. */
function variablesOf(auth: ExternalAuth): readonly string[] {
  const { url, pool } = auth;
  const kept =
    pool === null
      ? []
      : [`$auth_pool\n${pool.name}`, `$auth_peer\n${placeOf(url)}`, `$target\n${pooledUrl(auth)}`];
  return [`$target\n${url}`, ...kept];
}

interface InServer {
  readonly server: Server;
  readonly fail: (reason: string) => never;
}

/** The page for clients without a good certificate is that of the annotation. */
function withoutClientErrors(block: readonly Directive[], { tls }: Server): readonly Directive[] {
  const wanted = `495 496 = ${tls?.clients?.errorPage ?? ''}`;
  return block.filter(({ name, args }) => name !== 'error_page' || args.join(' ') !== wanted);
}

function assertForbidden({ args, block }: Directive, { server, fail }: InServer): void {
  const good = server.answer === 'forbidden' && args.join(' ') === '403' && block === null;
  if (!good) fail('an answer is not expected');
}

function assertCondition(entry: Directive, { server, fail }: InServer): void {
  const { args, block } = entry;
  const [only, ...others] = block ?? [];
  const answer =
    only?.name === 'return' && only.block === null && others.length === 0 ? only.args.join('\n') : '';
  const blocked = /^\(\$block_(?:ua|ref)\)$/.test(args.join(' '));
  if (blocked && answer === '403') return;
  const isSubject =
    server.subject !== null &&
    args.join('\n') === ['($ssl_client_s_dn', '!~', server.subject, ')'].join('\n');
  if (isSubject && answer === '403\nclient certificate unauthorized') return;
  assertAppRoot(entry, { server, fail });
}

function assertAppRoot({ args, block }: Directive, { server, fail }: InServer): void {
  const [only, ...others] = block ?? [];
  const expected = ['302', `$scheme://$http_host${server.appRoot}`];
  const same = only?.name === 'return' && only.block === null && only.args.join('\n') === expected.join('\n');
  if (server.appRoot === null || args.join(' ') !== '($uri = /)' || !same || others.length > 0)
    fail('a condition is not expected');
}

export function sameMatch({ args }: Directive, { match }: Location): boolean {
  switch (match.kind) {
    case 'prefix':
      return args.length === 1 && args[0] === match.path;
    case 'exact':
      return args.length === 2 && args[0] === '=' && args[1] === match.path;
    case 'regex':
      return args.length === 2 && args[0] === '~*' && args[1] === match.pattern;
  }
}

/** Parameters that decide what nginx reads, writes or connects to. */
const FIXED: Readonly<Record<string, RegExp>> = {
  access_log: /^off$/,
  rewrite_log: /^on$/,
  http2_push_preload: /^on$/,
  proxy_pass: /^(?:https?|\$scheme):\/\/UPSTREAM$/,
  grpc_pass: /^grpcs?:\/\/UPSTREAM$/,
  fastcgi_pass: /^UPSTREAM$/,
  stub_status: /^$/,
};

interface Wished extends Pick<Location, 'policy' | 'tls'> {
  readonly errors: Location['errors'] | null;
  readonly mirror: Mirror | null;
}

function wishOf(location: Location | undefined): Wished | undefined {
  return location === undefined ? undefined : { ...location, mirror: mirrorIn(location) };
}

interface Wanted {
  /** Undefined for the locations that every default server has. */
  readonly expected: Wished | undefined;
  readonly fail: (reason: string) => never;
}

function assertLocation(location: Directive, { expected, fail }: Wanted): void {
  const snippets = expected?.policy.answer === 'denied' ? [] : (expected?.policy.snippets ?? []);
  const rest = withoutSnippets(location.block ?? [], snippets) ?? fail('a snippet differs');
  assertErrorPages(rest, expected?.errors ?? null, fail);
  assertBackendTls(rest, expected === undefined ? null : wantedTlsOf(expected), fail);
  assertMirroring(rest, expected?.mirror ?? null, fail);
  const upstream = expected === undefined ? UPSTREAM : upstreamOf(expected);
  const policy = expected?.policy ?? null;
  const mostCors = (policy?.cors ?? null) === null ? 0 : 1;
  const bare = withoutCors(
    withoutTelemetry(withoutPassword(rest, policy, fail), policy, fail),
    mostCors,
    fail,
  );
  for (const { name, args, block } of bare) {
    if (isBackendTls({ name }) || isMirroring({ name })) continue;
    if (!IN_LOCATION.has(name) || block !== null) fail(`directive "${name}" is not expected in a location`);
    const fixed = FIXED[name];
    if (fixed === undefined && name !== 'return') continue;
    const words = args.join(' ');
    const known =
      fixed?.test(name.endsWith('_pass') ? withoutName(words, upstream) : words) ?? isAnswer(words, expected);
    if (known === false) fail(`the parameters of "${name}" are not expected in a location`);
  }
}

/** With the word that stands for it in FIXED. */
function withoutName(words: string, upstream: string): string {
  return words.endsWith(upstream) ? `${words.slice(0, -upstream.length)}UPSTREAM` : words;
}

function isAnswer(words: string, expected: Wished | undefined): boolean {
  const target = expected?.policy.redirect.target ?? null;
  return /^\d{3}$/.test(words) || (target !== null && words === `${target.code} ${target.url}`);
}
