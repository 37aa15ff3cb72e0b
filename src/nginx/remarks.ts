/**
 * What scripts look for in nginx.conf where nginx is told in another way, as comments (compat/nginx-conf.md section 3): what Lua
 * does, what a location inherits, what is not there.
 */
import type { Settings } from '../config/settings/table.ts';
import type { Location, Model, Policy, Server } from '../model/model.ts';
import { authOf } from './auth-view.ts';
import type { Environment } from './environment.ts';
import { withNonIdempotent } from '../text/values.ts';
import type { Token } from '../text/safe.ts';

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

/** Where a request goes on after a failure, as all locations inherit it. */
export function nextUpstreamOf({ proxyNextUpstream, retryNonIdempotent }: Settings): readonly string[] {
  const list = proxyNextUpstream as readonly Token[];
  return retryNonIdempotent ? withNonIdempotent(list) : list;
}

/** Of a server of a host, or of that for all others. */
export function serverRemarks(
  server: Pick<Server, 'name' | 'locations' | 'host'>,
  { settings }: Pick<Model['http'], 'settings'>,
  environment: Environment,
): readonly string[] {
  if (environment.purpose === 'check') return [];
  const own = INHERITED.map(([name, usual, words]) => [name, usual, words(settings).join(' ')] as const);
  const inherited = own.filter(([, usual, now]) => now !== usual).map(([name, , now]) => `${name} ${now};`);
  const scheme = 'proxy_set_header X-Forwarded-Proto $pass_access_scheme;';
  return [
    `From http, unless a path says otherwise: ${[scheme, ...inherited].join(' ')}`,
    ...passthroughRemark(server, environment),
    ...poolRemarks(server, settings),
  ];
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
  for (const location of locations) {
    const { authName } = location.route;
    const auth = authOf(location);
    if (useHttp2 || authName === null || auth === null || auth.pool === null) continue;
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
  const values = [
    ['Origin', '$http_origin'],
    ...(cors.credentials ? [['Credentials', 'true']] : []),
    ['Methods', cors.methods],
    ['Headers', cors.headers],
  ].map(([name, value]) => `Allow-${name}: ${value}`);
  const exposed = cors.expose === '' ? [] : [`Expose-Headers: ${cors.expose}`];
  const lines = [...values, ...exposed, `Max-Age: ${cors.maxAge}`];
  return [
    ...(cors.origins === '*' ? ['set $http_origin *;'] : []),
    "set $cors 'true';",
    ...lines.map((line) => `more_set_headers 'Access-Control-${line}';`),
  ];
}

/** Whether a log or something that a user wrote asks for the backend by the name that ingress-nginx gives it. */
export function namesProxyHost({ snippets }: Policy, settings: Settings): boolean {
  const texts = [
    ...snippets,
    ...settings.logFormatUpstream.pieces,
    settings.httpSnippet,
    settings.serverSnippet,
  ];
  return texts.some((text) => text.includes('$proxy_host') || text.includes('${proxy_host}'));
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
  ];
}
