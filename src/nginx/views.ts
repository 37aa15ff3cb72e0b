/** From the model to what the templates read: plain objects, every field present, conditions as booleans. */
import type { Location, Model, Policy, ProxyPolicy, RedirectServer, Route, Server } from '../model/model.ts';
import type { Settings } from '../config/settings/table.ts';
import type { Environment } from './environment.ts';
import { headersView } from './forwarded-view.ts';

export interface DirectiveView {
  readonly name: string;
  readonly words: readonly (string | number)[];
}

/** Everything that the policy partial may read: nothing of owner, host or path. */
export function policyView({ answer, proxy, redirect }: Policy) {
  return {
    denied: answer === 'denied',
    hasRedirect: redirect.target !== null,
    redirectCode: redirect.target?.code ?? 0,
    redirectUrl: redirect.target?.url ?? '',
    relativeRedirects: redirect.relative,
    hasUsePort: redirect.usePort !== null,
    usePort: String(redirect.usePort),
    portInRedirect: redirect.usePort === true ? 'on' : 'off',
    hasSslRedirect: redirect.ssl !== null,
    sslRedirect: String(redirect.ssl),
    hasForceSslRedirect: redirect.forceSsl !== null,
    forceSslRedirect: String(redirect.forceSsl),
    hasPreserveTrailingSlash: redirect.preserveTrailingSlash !== null,
    preserveTrailingSlash: String(redirect.preserveTrailingSlash),
    directives: proxyDirectives(proxy),
  };
}

const proxyNames: readonly (readonly [keyof ProxyPolicy, string])[] = [
  ['connectTimeout', 'proxy_connect_timeout'],
  ['sendTimeout', 'proxy_send_timeout'],
  ['readTimeout', 'proxy_read_timeout'],
  ['bodySize', 'client_max_body_size'],
  ['clientBodyBufferSize', 'client_body_buffer_size'],
  ['buffering', 'proxy_buffering'],
  ['busyBuffersSize', 'proxy_busy_buffers_size'],
  ['maxTempFileSize', 'proxy_max_temp_file_size'],
  ['requestBuffering', 'proxy_request_buffering'],
  ['httpVersion', 'proxy_http_version'],
  ['nextUpstream', 'proxy_next_upstream'],
  ['nextUpstreamTimeout', 'proxy_next_upstream_timeout'],
  ['nextUpstreamTries', 'proxy_next_upstream_tries'],
];

function proxyDirectives(proxy: ProxyPolicy): readonly DirectiveView[] {
  const directives: DirectiveView[] = [];
  for (const [field, name] of proxyNames) {
    const value = proxy[field];
    if (value !== null) directives.push({ name, words: typeof value === 'object' ? value : [value] });
  }
  const { bufferSize, buffersNumber } = proxy;
  if (bufferSize !== null && buffersNumber !== null) {
    directives.push({ name: 'proxy_buffer_size', words: [bufferSize] });
    directives.push({ name: 'proxy_buffers', words: [buffersNumber, bufferSize] });
  }
  return directives;
}

export function routeView(route: Route, settings: Settings) {
  return {
    namespace: route.namespace,
    ingress: route.ingress,
    service: route.service,
    servicePort: route.servicePort,
    path: route.path,
    upstream: route.upstream,
    hasKind: route.kind !== '',
    kind: route.kind,
    neverRedirected: route.tlsRedirect === 'never',
    hasForwardedPrefix: route.forwardedPrefix !== null,
    forwardedPrefix: route.forwardedPrefix ?? '',
    headers: headersView(settings),
  };
}

export function locationView({ match, route, policy }: Location, settings: Settings) {
  const operators = { prefix: '', exact: '=', regex: '~*' } as const;
  return {
    hasOperator: match.kind !== 'prefix',
    operator: operators[match.kind],
    path: match.kind === 'regex' ? match.pattern : match.path,
    route: routeView(route, settings),
    policy: policyView(policy),
    rewrite: {
      present: route.rewrite !== null && policy.answer === 'proxy',
      pattern: route.rewrite?.pattern ?? '',
      target: route.rewrite?.target ?? '',
    },
  };
}

/** Printed in `server_name`. */
export function serverNameOf({ name }: Server): string {
  switch (name.kind) {
    case 'catch-all':
      return '_';
    case 'exact':
      return name.name;
    case 'wildcard':
      return `~${name.pattern}`;
  }
}

export function serverView(server: Server, environment: Environment, http: Model['http']) {
  const catchAll = server.name.kind === 'catch-all';
  return {
    marker: server.host,
    serverName: serverNameOf(server),
    catchAll,
    aliases: server.aliases,
    hasAppRoot: server.appRoot !== null,
    appRoot: server.appRoot ?? '',
    listens: listens(environment, http, catchAll ? 'default' : 'other'),
    locations: server.locations.map((location) => locationView(location, http.settings)),
    hasCertificate: catchAll && environment.purpose === 'serve',
    rejectHandshake: http.settings.sslRejectHandshake ? 'on' : 'off',
    certificate: environment.layout.defaultCertificate,
    certificateHook: `${environment.luaDir}/nginx/ngx_conf_certificate.lua`,
    healthPath: environment.healthPath,
    hasHealthLocation: catchAll && !hasPrefix(server, environment.healthPath),
  };
}

export function redirectServerView(
  { from, to }: RedirectServer,
  environment: Environment,
  http: Model['http'],
) {
  return { from, to, code: http.settings.httpRedirectCode, listens: listens(environment, http, 'redirect') };
}

/** nginx refuses a second location of the same prefix, "/" for example. */
function hasPrefix({ locations }: Server, path: string): boolean {
  return locations.some(({ match }) => match.kind === 'prefix' && match.path === path);
}

type Listen = readonly (string | number)[];

function listens(
  environment: Environment,
  http: Model['http'],
  role: 'default' | 'other' | 'redirect',
): readonly Listen[] {
  const { ports, ipv6, features, backlog, layout } = environment;
  if (environment.purpose === 'check') return [[`unix:${layout.declarationsSocket}`]];
  const proxy = http.settings.useProxyProtocol ? ['proxy_protocol'] : [];
  const options = role === 'default' ? ['default_server', 'reuseport', `backlog=${backlog}`] : [];
  const http2 = features.http2 === 'listen' && http.settings.useHttp2 ? ['http2'] : [];
  const addresses = (port: number) => (ipv6 ? [port, `[::]:${port}`] : [port]);
  return [
    ...addresses(ports.http).map((address) => [address, ...options, ...proxy]),
    ...addresses(ports.https).map((address) => [address, ...options, ...proxy, 'ssl', ...http2]),
  ];
}
