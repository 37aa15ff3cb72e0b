/** What is printed about TCP and UDP (compat/behaviour.md section 29). */
import type { Settings } from '../config/settings/table.ts';
import type { Model, StreamModel, StreamServer } from '../model/model.ts';
import type { Environment } from './environment.ts';
import { trustedNetworks } from './forwarded-view.ts';
import { boundTo, passthroughListens } from './listen-view.ts';

/** Whether there is anything to do, and nginx can do it. */
export function hasStream(stream: StreamModel, { features, purpose, passthrough }: Environment): boolean {
  return purpose === 'serve' && features.stream !== null && (passthrough || stream.services.length > 0);
}

/** To be loaded. */
export function streamModules(stream: StreamModel, environment: Environment): readonly string[] {
  const { stream: path } = environment.features;
  return path === null || path === 'built-in' || !hasStream(stream, environment) ? [] : [path];
}

export function streamView({ stream, http: { settings } }: Model, environment: Environment) {
  return {
    hasStream: hasStream(stream, environment),
    trusted: settings.enableRealIp ? trustedNetworks(settings) : [],
    log: logView(settings, environment),
    ...passthroughView(stream, settings, environment),
    services: stream.services.map((service) => serviceView(service, settings, environment)),
  };
}

function passthroughView({ passed, pools }: StreamModel, settings: Settings, environment: Environment) {
  const { layout, passthrough } = environment;
  const believed = settings.useProxyProtocol && !settings.enableRealIp ? trustedNetworks(settings) : [];
  return {
    hasPassthrough: passthrough,
    passthrough: {
      listens: passthroughListens(environment, settings),
      tls: `unix:${layout.passthrough.tls}`,
      raw: `unix:${layout.passthrough.raw}`,
      believed,
      headerTimeout: settings.proxyProtocolHeaderTimeout,
      hosts: passed.map(({ host, pool }) => ({ host, pool, raw: `unix:${layout.passthrough.raw}` })),
      pools,
      // nginx needs room for all, and for the longest name.
      hashSize: Math.max(2048, passed.length * 2),
    },
  };
}

function logView(settings: Settings, { layout }: Environment) {
  const path = settings.streamAccessLogPath ?? settings.accessLogPath ?? layout.accessLog;
  return {
    format: settings.logFormatStream.pieces,
    hasAccess: !settings.disableAccessLog && !settings.disableStreamAccessLog,
    access: path,
    params: settings.accessLogParams,
    hasError: settings.errorLogPath !== null,
    error: settings.errorLogPath ?? '',
    errorLevel: settings.errorLogLevel,
  };
}

function serviceView(service: StreamServer, settings: Settings, environment: Environment) {
  const { protocol, port, name, endpoints, decode, encode } = service;
  const options = [...(protocol === 'udp' ? ['udp'] : []), ...(decode ? ['proxy_protocol'] : [])];
  return {
    marker: `${protocol}_${port}`,
    name,
    pool: `stream_${protocol}_${port}`,
    endpoints,
    listens: boundTo(port, settings, environment).map((address) => [address, ...options]),
    timeout: settings.proxyStreamTimeout,
    nextUpstream: settings.proxyStreamNextUpstream ? 'on' : 'off',
    nextUpstreamTimeout: settings.proxyStreamNextUpstreamTimeout,
    nextUpstreamTries: settings.proxyStreamNextUpstreamTries,
    isUdp: protocol === 'udp',
    responses: settings.proxyStreamResponses,
    encode,
  };
}
