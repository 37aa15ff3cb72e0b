/** What is printed once: the head and the tail of nginx.conf. */
import type { Settings } from '../config/settings/table.ts';
import { busyBuffersOf } from '../text/buffers.ts';
import type { Limit, LimitGroup, Model } from '../model/model.ts';
import { usableTempFileSize } from '../text/values.ts';
import type { Environment } from './environment.ts';
import { UPSTREAM } from './backend-tls-view.ts';
import { logView } from './log-view.ts';
import { tuningView } from './tuning-view.ts';
import { forwardedView, schemeVariable } from './forwarded-view.ts';
import { allHeadersView, httpIsCutOff, nextUpstreamOf } from './upstream-view.ts';
import type { DirectiveView } from './upstream-view.ts';
import { extrasHeadView } from './extras-view.ts';
import { brotliView, extraModules, geoView } from './extra-modules-view.ts';
import { declaresTelemetry, telemetryHeadView } from './telemetry-view.ts';
import { globalSecurityView } from './modsecurity-view.ts';
import { blocksView, redirectServerView } from './views.ts';
import { httpRemarks } from './remarks.ts';
import { hasStream, streamModules } from './stream-view.ts';
import { dnsOf, resolverView } from './resolver-view.ts';
import { sidePath } from './side-files.ts';

export function headView(
  model: Pick<Model, 'http' | 'redirects' | 'limitGroups' | 'stream'>,
  environment: Environment,
) {
  const { http, redirects, limitGroups } = model;
  const { settings, nameHash } = http;
  const { layout, features, luaDir } = environment;
  return {
    ...processView(settings, environment),
    serving: environment.purpose === 'serve',
    modules: [...features.modules, ...extraModules(model, environment), ...streamModules(model, environment)],
    luaPackagePath: `${luaDir}/?.lua;;`,
    upstreams: [UPSTREAM, ...http.pools.map((pool) => `${UPSTREAM}_${pool}`)].map((name) => ({
      name,
      serving: environment.purpose === 'serve',
      balancerFile: `${luaDir}/nginx/ngx_conf_balancer.lua`,
      ...keepaliveView(settings),
    })),
    paths: {
      pid: layout.pid,
      errorLog: layout.errorLog,
      clientBodyTemp: layout.temp.clientBody,
      proxyTemp: layout.temp.proxy,
      fastcgiTemp: layout.temp.fastcgi,
      uwsgiTemp: layout.temp.uwsgi,
      scgiTemp: layout.temp.scgi,
      authCache: layout.temp.authCache,
    },
    log: logView(settings, environment),
    remarks: httpRemarks(http, environment, hasStream(model, environment)),
    nameHash: {
      maxSize: Math.max(nameHash.maxSize, settings.serverNameHashMaxSize),
      bucketSize: Math.max(nameHash.bucketSize, settings.serverNameHashBucketSize),
    },
    ...tuningView(settings),
    brotli: brotliView(settings, environment),
    geo: geoView(settings, environment),
    hasMainSnippet: settings.mainSnippet !== '',
    mainSnippet: settings.mainSnippet,
    hasHttpSnippet: settings.httpSnippet !== '',
    httpSnippet: settings.httpSnippet,
    keepsAnswers: http.authCache,
    telemetry: telemetryHeadView(http),
    extras: extrasHeadView(http),
    // What nginx shall do after an answer.
    learns: http.learnsResponseTimes,
    spans: http.makesSpans,
    looksBack: http.learnsResponseTimes || http.makesSpans || environment.metrics !== null,
    metrics: metricsView(environment),
    asksForPasswords: http.asksForPasswords,
    hasPasswordThreads: http.asksForPasswords && environment.purpose === 'serve' && features.threads,
    httpsPort: environment.ports.https,
    // As Lua names variables.
    scheme: schemeVariable(settings).slice(1),
    forwarded: { ...forwardedView(settings, environment), httpsPort: environment.ports.https },
    namesHeaders: !httpIsCutOff(settings),
    headers: allHeadersView(http, environment),
    ...globalSecurityView(http, environment),
    addedHeaders: http.headers.added.map(({ name, value }) => ({ line: `${name}: ${value}` })),
    authPools: http.authPools.map((pool) => ({ ...pool, serving: environment.purpose === 'serve' })),
    keepsAuthConnections: http.authPools.length > 0,
    ...limitsView(settings, limitGroups),
    dns: dnsOf(settings, environment),
    hasAllowedAddresses: environment.reach.exceptions.length > 0,
    allowedAddresses: environment.reach.exceptions.join(' '),
    ...resolverView(dnsOf(settings, environment)),
    redirects: redirects.map((redirect) => redirectServerView(redirect, environment, http)),
    tls: tlsView(http, environment),
    ...clientView(settings),
    // Such headers in HTTP/2 frames have been a vulnerability of nginx (compat/security.md section 5, G5).
    ignoreInvalidHeaders: settings.ignoreInvalidHeaders || http.speaksGrpc ? 'on' : 'off',
    ...headersAndBlocks(settings),
    ...proxyView(settings),
  };
}

function metricsView({ metrics, layout }: Environment) {
  return {
    present: metrics !== null,
    socket: layout.metricsSocket,
    perHost: metrics?.perHost === true,
    undefinedHost: metrics?.undefinedHosts === true,
    times: metrics?.buckets.time ?? [],
    lengths: metrics?.buckets.length ?? [],
    sizes: metrics?.buckets.size ?? [],
    native: {
      present: (metrics?.native ?? null) !== null,
      schema: metrics?.native?.schema ?? 0,
      most: metrics?.native?.most ?? 0,
    },
  };
}

function processView(settings: Settings, environment: Environment) {
  return {
    user: environment.user !== null,
    userName: environment.user ?? '',
    workerProcesses:
      settings.workerProcesses === 'auto' ? environment.cpus : Number(settings.workerProcesses),
    openFiles: settings.maxWorkerOpenFiles || environment.openFiles,
    multiAccept: settings.enableMultiAccept ? 'on' : 'off',
    workerShutdownTimeout: settings.workerShutdownTimeout,
    workerConnections: settings.maxWorkerConnections || Math.floor((environment.openFiles * 3) / 4),
    errorLogLevel: settings.errorLogLevel,
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
    staples: settings.enableOcsp,
    ticketKey: sidePath(layout, ticketKey),
    bufferSize: settings.sslBufferSize,
    curves: settings.sslEcdhCurve,
    hasDhParam: dhParam !== null,
    dhParam: sidePath(layout, dhParam),
  };
}

function proxyView(settings: Settings) {
  const busy = busyBuffersOf(settings);
  return {
    proxyBodySize: settings.proxyBodySize,
    proxyConnectTimeout: settings.proxyConnectTimeout,
    proxySendTimeout: settings.proxySendTimeout,
    proxyReadTimeout: settings.proxyReadTimeout,
    proxyBuffering: settings.proxyBuffering,
    proxyBufferSize: settings.proxyBufferSize,
    proxyBuffersNumber: settings.proxyBuffersNumber,
    proxyBusyBuffers: busy !== null,
    proxyBusyBuffersSize: busy ?? '',
    proxyMaxTempFileSize: usableTempFileSize(settings.proxyMaxTempFileSize, settings.proxyBufferSize),
    proxyRequestBuffering: settings.proxyRequestBuffering,
    proxyHttpVersion: settings.proxyHttpVersion,
    proxyNextUpstream: nextUpstreamOf(settings),
    proxyNextUpstreamTimeout: settings.proxyNextUpstreamTimeout,
    proxyNextUpstreamTries: settings.proxyNextUpstreamTries,
    ...keepaliveView(settings),
  };
}

function keepaliveView(settings: Settings) {
  return {
    upstreamKeepalive: settings.upstreamKeepaliveConnections > 0,
    upstreamKeepaliveConnections: settings.upstreamKeepaliveConnections,
    upstreamKeepaliveTime: settings.upstreamKeepaliveTime,
    upstreamKeepaliveTimeout: settings.upstreamKeepaliveTimeout,
    upstreamKeepaliveRequests: settings.upstreamKeepaliveRequests,
  };
}

function headersAndBlocks(settings: Settings) {
  // nginx has this one anyway, and warns when it is named.
  const gzipTypes = settings.gzipTypes.filter((type) => (type as string) !== 'text/html');
  return {
    largeClientHeaderBuffers: settings.largeClientHeaderBuffers,
    http2MaxConcurrentStreams: settings.http2MaxConcurrentStreams,
    underscoresInHeaders: settings.enableUnderscoresInHeaders ? 'on' : 'off',
    hideServer: !settings.serverTokens,
    allowBackendServerHeader: settings.allowBackendServerHeader,
    hideHeaders: settings.hideHeaders,
    useGzip: settings.useGzip,
    gzipLevel: settings.gzipLevel,
    gzipMinLength: settings.gzipMinLength,
    hasGzipTypes: gzipTypes.length > 0,
    gzipTypes,
    blockCidrs: settings.blockCidrs,
    ...blocksView(settings),
    blockUserAgents: settings.blockUserAgents,
    blockReferers: settings.blockReferers,
  };
}

function limitsView(settings: Settings, groups: readonly LimitGroup[]) {
  return {
    limitReqStatus: settings.limitReqStatusCode,
    limitConnStatus: settings.limitConnStatusCode,
    hasLimitRate: settings.limitRate > 0,
    limitRate: settings.limitRate,
    hasLimitRateAfter: settings.limitRateAfter > 0,
    limitRateAfter: settings.limitRateAfter,
    limitGroups: groups.map(({ id, exempt, limits }) => ({
      id,
      exempt,
      key: settings.limitConnZoneVariable,
      zones: limits.map((limit) => ({ id, ...zoneDirective(limit) })),
    })),
  };
}

function zoneDirective({ kind, zone, count }: Limit): DirectiveView {
  if (kind === 'connections') return { name: 'limit_conn_zone', words: [`zone=${zone}:5m`] };
  const unit = kind === 'second' ? 's' : 'm';
  return { name: 'limit_req_zone', words: [`zone=${zone}:5m`, `rate=${count}r/${unit}`] };
}

/**
 * @param checksum decimal digits; `0` while it is being computed.
 * @param http decides whether ModSecurity looks at requests everywhere; at ours it must not.
 */
export function tailView(
  environment: Environment,
  checksum: string,
  http: Pick<Model['http'], 'settings' | 'makesSpans' | 'hasExtras'>,
) {
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
    guarded: http.settings.enableModsecurity,
    hasExtras: http.hasExtras,
    counts: environment.metrics !== null,
    hasTelemetry: declaresTelemetry(http),
    checksum,
  };
}
