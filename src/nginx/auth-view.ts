/** External authentication as nginx's auth_request has it (compat/behaviour.md 23.2 and 23.3). */
import { createHash } from 'node:crypto';
import type { Settings } from '../config/settings/table.ts';
import type { ExternalAuth, Location, Server } from '../model/model.ts';
import type { PasswordPolicy } from '../model/password.ts';
import type { Literal } from '../text/safe.ts';
import { inheritsTls, serviceTlsView } from './backend-tls-view.ts';
import { makesCors } from './cors-view.ts';
import type { Environment } from './environment.ts';
import { headersView } from './forwarded-view.ts';
import { clientHeadersView } from './tls-view.ts';

/** A location that asks, or null. */
export function authOf({ policy }: Pick<Location, 'policy'>): ExternalAuth | null {
  return policy.answer === 'proxy' ? policy.auth : null;
}

/** What clients are asked for, or null. */
export function passwordOf({ answer, password }: Location['policy']): PasswordPolicy | null {
  return answer === 'proxy' ? password : null;
}

/** In the protected location. */
export function authView(location: Location) {
  const auth = authOf(location);
  return {
    present: auth !== null,
    name: location.route.authName ?? '',
    always: auth?.alwaysSetCookie === true,
    headers: responseHeaders(auth).map(({ variable, source }) => ({ variable, source })),
    hasSignin: auth !== null && auth.signin !== null,
    signinName: auth === null ? '' : signinName(location, auth),
    hasSatisfy: location.policy.satisfy !== null && location.policy.answer === 'proxy',
    satisfy: location.policy.satisfy ?? '',
  };
}

export interface ResponseHeader {
  readonly name: string;
  readonly variable: string;
  readonly source: string;
}

export function responseHeaders(auth: ExternalAuth | null): readonly ResponseHeader[] {
  return (auth?.responseHeaders ?? []).map((name, index) => ({
    name,
    variable: `$authHeader${index}`,
    source: `$upstream_http_${name.toLowerCase().replaceAll('-', '_')}`,
  }));
}

function signinName({ route }: Location, { signin }: ExternalAuth): string {
  return `@${createHash('sha1').update(`${route.path}${signin}`).digest('hex')}`;
}

type AskingEnvironment = Pick<Environment, 'purpose' | 'luaDir' | 'loopback' | 'reach'>;

/** The internal locations of a server, each once. */
export function authLocations(
  server: Pick<Server, 'locations' | 'policies' | 'tls' | 'backendTls'>,
  settings: Settings,
  environment: AskingEnvironment,
) {
  const client = { ...clientHeadersView(server), setHeader: 'proxy_set_header' };
  const views = new Map<string, object>();
  const signins = new Map<string, object>();
  for (const location of server.locations) {
    const asked = authOf(location);
    const name = location.route.authName;
    if (asked === null || name === null || views.has(name)) continue;
    // A connection that is kept would serve others with the certificate that it was made with.
    const auth = inheritsTls(location, server) ? { ...asked, pool: null } : asked;
    const lookUp = lookUpView(auth, environment);
    const tls = serviceTlsView(location, server, lookUp);
    const password = passwordView(location, { ...environment, ...lookUp });
    views.set(name, { ...internalView(name, auth, settings), ...lookUp, ...password, client, tls });
    if (auth.signin === null) continue;
    const signin = signinName(location, auth);
    signins.set(signin, {
      guarded: settings.enableModsecurity,
      hasCors: makesCors(server) && environment.purpose === 'serve',
      name: signin,
      always: auth.alwaysSetCookie,
      address: signinUrl(auth),
    });
  }
  return { auths: [...views.values()], signins: [...signins.values()] };
}

function internalView(name: Literal, auth: ExternalAuth, settings: Settings) {
  return {
    name,
    logged: settings.enableAuthAccessLog,
    guarded: settings.enableModsecurity,
    hasMethod: auth.method !== null,
    method: auth.method ?? '',
    host: auth.host,
    forwardedFor: headersView(settings).forwardedFor,
    redirect: auth.requestRedirect,
    cached: auth.cacheKey !== null,
    cacheKey: `$host${name}${auth.cacheKey ?? ''}`,
    durations: auth.cacheDurations.map((words) => ({ words })),
    headers: auth.headers,
    pooled: auth.pool !== null,
    pool: auth.pool?.name ?? '',
    snippets: auth.snippet === null ? [] : [auth.snippet],
  };
}

/** What nginx's own modules look at before the service is asked. */
function passwordView(
  { policy }: Pick<Location, 'policy'>,
  { purpose, looksUp }: Pick<Environment, 'purpose'> & { readonly looksUp: boolean },
) {
  const asks = passwordOf(policy) !== null;
  const asksFirst = asks && purpose === 'serve';
  return {
    asksForPassword: asks,
    satisfy: policy.satisfy ?? 'all',
    asksOnly: asksFirst && !looksUp,
    asksAndLooksUp: asksFirst && looksUp,
    looksUpOnly: !asksFirst && looksUp,
  };
}

/** Names are looked up by Lua, which judges the addresses; those of the ConfigMap may stand there as such. */
function lookUpView(auth: ExternalAuth, { purpose, luaDir, loopback, reach }: AskingEnvironment) {
  const kind = reach.classifyHost(auth.host);
  const isFree = kind === 'ordinary' || (kind === 'loopback' && loopback === 'allowed');
  const looksUp = purpose === 'serve' && !isFree;
  const placed = auth.pool !== null && !looksUp;
  return {
    looksUp,
    luaFile: `${luaDir}/nginx/ngx_conf_ask.lua`,
    // Lua has both from the name that it looks up.
    placed,
    peer: placed ? placeOf(auth.url) : '',
    address: placed ? pooledUrl(auth) : auth.url,
  };
}

const PLACE = /^(?<scheme>https?):\/\/(?<host>[^/?]+)/;

/** Address and port. */
export function placeOf(url: string): string {
  const { scheme, host = '' } = PLACE.exec(url)?.groups ?? {};
  return /:\d+$/.test(host) ? host : `${host}:${scheme === 'https' ? 443 : 80}`;
}

/** Over connections that are kept, which are found by a name of ours. */
export function pooledUrl({ url, pool }: Pick<ExternalAuth, 'url' | 'pool'>): string {
  return pool === null ? url : url.replace(PLACE, (_, scheme: string) => `${scheme}://${pool.name}`);
}

/** With the address that the client wanted, unless the URL carries it already. */
function signinUrl({ signin, signinParameter }: ExternalAuth): string {
  const url: string = signin ?? '';
  if (new RegExp(`[?&]${signinParameter.replaceAll('.', String.raw`\.`)}=[^&]`).test(url)) return url;
  const joint = url.includes('?') ? '&' : '?';
  return `${url}${joint}${signinParameter}=$pass_access_scheme://$http_host$escaped_request_uri`;
}
