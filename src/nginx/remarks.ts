/**
 * What scripts look for in nginx.conf where nginx is told in another way, as comments (compat/nginx-conf.md section 3): what Lua
 * does, what a location inherits, what is not there.
 */
import type { Settings } from '../config/settings/table.ts';
import type { Location, Model, Policy, Server } from '../model/model.ts';
import { authOf } from './auth-view.ts';
import { corsLines, corsValues } from './cors-view.ts';
import type { Environment } from './environment.ts';
import { nextUpstreamOf } from './upstream-view.ts';

type Words = (settings: Settings) => readonly (string | number)[];

/** What ingress-nginx repeats in each location and the ConfigMap may change: directive, default, value. */
const INHERITED: readonly (readonly [name: string, usual: string, words: Words])[] = [
  ['client_max_body_size', '1m', (settings) => [settings.proxyBodySize]],
  ['proxy_connect_timeout', '5s', (settings) => [settings.proxyConnectTimeout]],
  ['proxy_send_timeout', '60s', (settings) => [settings.proxySendTimeout]],
  ['proxy_read_timeout', '60s', (settings) => [settings.proxyReadTimeout]],
  ['proxy_buffering', 'off', (settings) => [settings.proxyBuffering]],
  ['proxy_buffer_size', '4k', (settings) => [settings.proxyBufferSize]],
  ['proxy_buffers', '4 4k', (settings) => [settings.proxyBuffersNumber, settings.proxyBufferSize]],
  ['proxy_max_temp_file_size', '1024m', (settings) => [settings.proxyMaxTempFileSize]],
  ['proxy_request_buffering', 'on', (settings) => [settings.proxyRequestBuffering]],
  ['proxy_http_version', '1.1', (settings) => [settings.proxyHttpVersion]],
  ['proxy_cookie_domain', 'off', (settings) => settings.proxyCookieDomain],
  ['proxy_cookie_path', 'off', (settings) => settings.proxyCookiePath],
  ['proxy_next_upstream', 'error timeout', (settings) => nextUpstreamOf(settings)],
  ['proxy_next_upstream_timeout', '0', (settings) => [settings.proxyNextUpstreamTimeout]],
  ['proxy_next_upstream_tries', '3', (settings) => [settings.proxyNextUpstreamTries]],
];

/** What locations inherit, the same for all servers. */
export function inheritedRemark(settings: Settings): string {
  const own = INHERITED.map(([name, usual, words]) => [name, usual, words(settings).join(' ')] as const);
  const inherited = own.filter(([, usual, now]) => now !== usual).map(([name, , now]) => `${name} ${now};`);
  const scheme = 'proxy_set_header X-Forwarded-Proto $pass_access_scheme;';
  return `From http, unless a path says otherwise: ${[scheme, ...inherited].join(' ')}`;
}

/** Of a server of a host, or of that for all others, besides. */
export function serverRemarks(
  server: Pick<Server, 'name' | 'locations' | 'host'>,
  settings: Settings,
  environment: Environment,
): readonly string[] {
  if (environment.purpose === 'check') return [];
  return [...passthroughRemark(server, environment), ...poolRemarks(server, settings)];
}

function passthroughRemark(
  { name }: Pick<Server, 'name'>,
  { passthrough, ports }: Environment,
): readonly string[] {
  if (!passthrough || name.kind !== 'catch-all') return [];
  return [`Over a socket, and not: listen ${ports.passthroughProxy} proxy_protocol ssl;`];
}

/** Connections to authentication services that are kept: of all servers together. */
function poolRemarks(
  { locations, host }: Pick<Server, 'locations' | 'host'>,
  { useHttp2 }: Settings,
): readonly string[] {
  const remarks = new Map<string, string>();
  for (const location of useHttp2 ? [] : locations) {
    const { authName } = location.route;
    const auth = authOf(location);
    if (authName === null || auth === null || auth.pool === null) continue;
    const name = `${host}-${authName.replace('/_', '')}`;
    const shares = `set $auth_keepalive_share_vars ${auth.sharesVariables};`;
    remarks.set(name, `Stands for: upstream ${name} is ${auth.pool.name}; ${shares}`);
  }
  return [...remarks.values()];
}

/** Of a location, besides those of its policy. */
export function locationRemarks({ route: { refusedMirror } }: Pick<Location, 'route'>): readonly string[] {
  if (refusedMirror === null) return [];
  const { name, body } = refusedMirror;
  return [`Not done, since the address is refused: mirror "${name}"; mirror_request_body ${body};`];
}

/** Of all locations of a policy. */
export function policyRemarks({ answer, cors, denial }: Policy): readonly string[] {
  if (answer === 'denied') return denial === null ? [] : [`Location denied. Reason: "${denial}"`];
  return cors === null ? [] : [`In other words: ${corsDirectives(cors).join(' ')}`];
}

function corsDirectives(cors: NonNullable<Policy['cors']>): readonly string[] {
  return [
    ...(cors.origins === '*' ? ['set $http_origin *;'] : []),
    "set $cors 'true';",
    ...corsLines(corsValues(cors), '$http_origin').map((line) => `more_set_headers '${line}';`),
  ];
}

const PROXY_HOST = /\$(?:proxy_host|\{proxy_host\})/;

/** Whether a log or a snippet of the administrator asks for the backend by the name that ingress-nginx gives it. */
export function settingsNameProxyHost({ logFormatUpstream, httpSnippet, serverSnippet }: Settings): boolean {
  return [...logFormatUpstream.pieces, httpSnippet, serverSnippet].some((text) => PROXY_HOST.test(text));
}

/** The same for snippets of a location. */
export function snippetsNameProxyHost({ snippets }: Pick<Policy, 'snippets'>): boolean {
  return snippets.some((text) => PROXY_HOST.test(text));
}

/** Of http. */
export function httpRemarks(
  { settings }: Pick<Model['http'], 'settings'>,
  { layout, purpose }: Pick<Environment, 'layout' | 'purpose'>,
  hasStream: boolean,
): readonly string[] {
  if (purpose === 'check') return [];
  const isLogged = !settings.disableAccessLog && !settings.disableStreamAccessLog;
  const file = settings.streamAccessLogPath ?? settings.accessLogPath ?? layout.accessLog;
  const streamLog = isLogged ? `access_log ${file} log_stream;` : 'access_log off;';
  return [
    ...(hasStream ? [] : [`Without TCP and UDP services, for which it would be: ${streamLog}`]),
    ...(settings.useGzip && settings.gzipTypes.some((type) => (type as string) === 'text/html')
      ? ['What nginx does anyway: gzip_types text/html;']
      : []),
    ...settings.luaSharedDicts
      .filter(({ isFixed }) => isFixed)
      .map(
        ({ name, size }) => `Of another size here, which does not change: lua_shared_dict ${name} ${size};`,
      ),
  ];
}
