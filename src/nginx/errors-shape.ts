/** The part of the proof of shape that is about error pages. */
import type { ErrorPages } from '../model/errors.ts';
import type { Server } from '../model/model.ts';
import type { Directive } from '../text/lexer.ts';
import { withoutCors } from './cors-shape.ts';
import { makesCors } from './cors-view.ts';

type Fail = (reason: string) => never;

/** Of an error page; no path of an Ingress begins with "@". */
export function isNamedLocation({ name, args }: Directive): boolean {
  return name === 'location' && args.length === 1 && args[0]?.startsWith('@custom_') === true;
}

/** Where external authentication sends people. */
const SIGN_IN = /^401 = @[0-9a-f]{40}$/;

/** @param wanted null where nothing may be said about errors. */
export function assertErrorPages(block: readonly Directive[], wanted: ErrorPages | null, fail: Fail): void {
  const wordsOf = (name: string) =>
    block.filter((entry) => entry.name === name).map(({ args }) => args.join(' '));
  const own = wordsOf('error_page').filter((words) => !SIGN_IN.test(words));
  const pages = (wanted?.pages ?? []).map((page) => `${page.code} = ${page.location}`);
  if (own.join('\n') !== pages.join('\n')) fail('its error pages differ');
  const intercepts = wanted?.intercept === 'on' ? 'on' : '';
  if (wordsOf('proxy_intercept_errors').join('\n') !== intercepts) fail('what it intercepts differs');
}

const IN_NAMED = new Set([
  'modsecurity',
  'internal',
  'set',
  'rewrite',
  'rewrite_by_lua_file',
  'proxy_intercept_errors',
  'proxy_http_version',
  'proxy_set_header',
  'proxy_pass',
]);

const FIXED: Readonly<Record<string, RegExp>> = {
  proxy_pass: /^http:\/\/upstream_balancer$/,
  rewrite_by_lua_file: /\/nginx\/ngx_conf_error\.lua$/,
};

export function assertNamedLocations(
  block: readonly Directive[],
  server: Pick<Server, 'errors' | 'locations' | 'policies'>,
  fail: Fail,
): void {
  const { named } = server.errors;
  const found = block.filter(isNamedLocation);
  const names = found.map(({ args }) => args[0]);
  if (names.join('\n') !== named.map(({ location }) => location).join('\n'))
    fail('its locations of error pages differ');
  const most = found.length > 0 && makesCors(server) ? 1 : 0;
  const bare = found.flatMap((entry) => withoutCors(entry.block ?? [], most, fail));
  for (const { name, args, block: inner } of bare) {
    const known = IN_NAMED.has(name) && inner === null && FIXED[name]?.test(args.join(' ')) !== false;
    if (!known) fail(`directive "${name}" is not expected in a location of an error page`);
  }
}
