/** What is printed once: the head and the tail of nginx.conf. */
import type { Settings } from '../config/settings/table.ts';
import type { Model } from '../model/model.ts';
import { usableTempFileSize } from '../text/values.ts';
import type { Environment } from './environment.ts';
import { sidePath } from './side-files.ts';
import { forwardedView, headersView } from './forwarded-view.ts';
import { redirectServerView } from './views.ts';

export function headView({ http, redirects }: Pick<Model, 'http' | 'redirects'>, environment: Environment) {
  const { settings, nameHash } = http;
  const { layout, features, luaDir } = environment;
  return {
    ...processView(settings, environment),
    serving: environment.purpose === 'serve',
    modules: features.modules,
    luaPackagePath: `${luaDir}/?.lua;;`,
    luaFiles: {
      balancer: `${luaDir}/nginx/ngx_conf_balancer.lua`,
      rewrite: `${luaDir}/nginx/ngx_conf_rewrite.lua`,
      headerFilter: `${luaDir}/nginx/ngx_conf_hsts.lua`,
      log: `${luaDir}/nginx/ngx_conf_log.lua`,
    },
    paths: {
      pid: layout.pid,
      accessLog: layout.accessLog,
      errorLog: layout.errorLog,
      clientBodyTemp: layout.temp.clientBody,
      proxyTemp: layout.temp.proxy,
      fastcgiTemp: layout.temp.fastcgi,
      uwsgiTemp: layout.temp.uwsgi,
      scgiTemp: layout.temp.scgi,
    },
    nameHash,
    httpsPort: environment.ports.https,
    forwarded: { ...forwardedView(settings), httpsPort: environment.ports.https },
    headers: headersView(settings),
    dns: environment.dns,
    redirects: redirects.map((redirect) => redirectServerView(redirect, environment, http)),
    http2Directive: features.http2 === 'directive' && settings.useHttp2,
    tls: tlsView(http, environment),
    ...clientView(settings),
    ...proxyView(settings),
  };
}

function processView(settings: Settings, environment: Environment) {
  return {
    user: environment.user !== null,
    userName: environment.user ?? '',
    workerProcesses:
      settings.workerProcesses === 'auto' ? environment.cpus : Number(settings.workerProcesses),
    openFiles: environment.openFiles,
    workerShutdownTimeout: settings.workerShutdownTimeout,
    workerConnections: settings.maxWorkerConnections || Math.floor((environment.openFiles * 3) / 4),
    errorLogLevel: settings.errorLogLevel,
    hasAccessLog: !settings.disableAccessLog,
  };
}

function clientView(settings: Settings) {
  const { hstsMaxAge, hstsIncludeSubdomains, hstsPreload } = settings;
  return {
    httpRedirectCode: settings.httpRedirectCode,
    sslRedirect: settings.sslRedirect,
    forceSslRedirect: settings.forceSslRedirect,
    preserveTrailingSlash: settings.preserveTrailingSlash,
    usePortInRedirects: settings.usePortInRedirects,
    relativeRedirects: settings.relativeRedirects,
    loadBalance: settings.loadBalance,
    hsts: settings.hsts,
    hstsHeader:
      `max-age=${hstsMaxAge}` +
      (hstsIncludeSubdomains ? '; includeSubDomains' : '') +
      (hstsPreload ? '; preload' : ''),
    keepAlive: settings.keepAlive,
    keepAliveRequests: settings.keepAliveRequests,
    clientHeaderBufferSize: settings.clientHeaderBufferSize,
    clientHeaderTimeout: settings.clientHeaderTimeout,
    clientBodyBufferSize: settings.clientBodyBufferSize,
    clientBodyTimeout: settings.clientBodyTimeout,
    serverTokens: settings.serverTokens ? 'on' : 'off',
    sslProtocols: settings.sslProtocols,
  };
}

/** Secrets stay out of what the webhook's sandbox reads. */
function tlsView({ settings, tls }: Model['http'], { layout, purpose }: Environment) {
  const ticketKey = purpose === 'serve' ? tls.ticketKey : null;
  const dhParam = purpose === 'serve' ? tls.dhParam : null;
  return {
    hasCiphers: settings.sslCiphers !== null,
    ciphers: settings.sslCiphers ?? '',
    earlyData: settings.sslEarlyData ? 'on' : 'off',
    hasSessionCache: settings.sslSessionCache,
    sessionZone: tls.sessionZone,
    sessionCacheSize: settings.sslSessionCacheSize,
    sessionTimeout: settings.sslSessionTimeout,
    sessionTickets: settings.sslSessionTickets ? 'on' : 'off',
    hasTicketKey: ticketKey !== null,
    ticketKey: sidePath(layout, ticketKey),
    bufferSize: settings.sslBufferSize,
    curves: settings.sslEcdhCurve,
    hasDhParam: dhParam !== null,
    dhParam: sidePath(layout, dhParam),
  };
}

function proxyView(settings: Settings) {
  return {
    proxyBodySize: settings.proxyBodySize,
    proxyConnectTimeout: settings.proxyConnectTimeout,
    proxySendTimeout: settings.proxySendTimeout,
    proxyReadTimeout: settings.proxyReadTimeout,
    proxyBuffering: settings.proxyBuffering,
    proxyBufferSize: settings.proxyBufferSize,
    proxyBuffersNumber: settings.proxyBuffersNumber,
    // nginx refuses its own default when there are only two buffers.
    proxyBusyBuffers: settings.proxyBuffersNumber === 2,
    proxyMaxTempFileSize: usableTempFileSize(settings.proxyMaxTempFileSize, settings.proxyBufferSize),
    proxyRequestBuffering: settings.proxyRequestBuffering,
    proxyHttpVersion: settings.proxyHttpVersion,
    proxyNextUpstream: nextUpstreamOf(settings),
    proxyNextUpstreamTimeout: settings.proxyNextUpstreamTimeout,
    proxyNextUpstreamTries: settings.proxyNextUpstreamTries,
    upstreamKeepalive: settings.upstreamKeepaliveConnections > 0,
    upstreamKeepaliveConnections: settings.upstreamKeepaliveConnections,
    upstreamKeepaliveTime: settings.upstreamKeepaliveTime,
    upstreamKeepaliveTimeout: settings.upstreamKeepaliveTimeout,
    upstreamKeepaliveRequests: settings.upstreamKeepaliveRequests,
  };
}

function nextUpstreamOf({ proxyNextUpstream, retryNonIdempotent }: Settings): readonly string[] {
  const listed = retryNonIdempotent && !proxyNextUpstream.includes('non_idempotent');
  return listed ? [...proxyNextUpstream, 'non_idempotent'] : proxyNextUpstream;
}

/** @param checksum decimal digits; `0` while it is being computed. */
export function tailView(environment: Environment, checksum: string) {
  const { ports, ipv6, layout } = environment;
  const port = ports.defaultServer;
  return {
    serving: environment.purpose === 'serve',
    hasDefaultServer: port !== null,
    defaultListens:
      port === null ? [] : [[port, 'default_server'], ...(ipv6 ? [[`[::]:${port}`, 'default_server']] : [])],
    sockets: { declarations: `unix:${layout.declarationsSocket}`, control: `unix:${layout.controlSocket}` },
    statusPort: ports.status,
    healthPath: environment.healthPath,
    checksum,
  };
}
