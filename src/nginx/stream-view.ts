/** What is printed about TCP and UDP (compat/behaviour.md section 29). */
import type { Settings } from '../config/settings/table.ts';
import type { Model, StreamModel, StreamServer } from '../model/model.ts';
import type { Environment } from './environment.ts';
import { trustedNetworks } from './forwarded-view.ts';
import { boundTo, passthroughListens } from './listen-view.ts';

type StreamParts = Pick<Model, 'stream' | 'http'>;

/** Whether there is anything to do, and nginx can do it. The check of the webhook sees snippets alone. */
export function hasStream({ stream, http }: StreamParts, environment: Environment): boolean {
  const { features, purpose, passthrough } = environment;
  if (features.stream === null) return false;
  if (stream.snippets.length > 0) return true;
  if (purpose === 'check') return false;
  return passthrough || stream.services.length > 0 || http.settings.streamSnippet !== '';
}

/** To be loaded. */
export function streamModules(parts: StreamParts, environment: Environment): readonly string[] {
  const { stream: path } = environment.features;
  return path === null || path === 'built-in' || !hasStream(parts, environment) ? [] : [path];
}

export function streamView(parts: StreamParts, environment: Environment) {
  const { stream } = parts;
  const { settings } = parts.http;
  const services = environment.purpose === 'check' ? [] : stream.services;
  return {
    hasStream: hasStream(parts, environment),
    trusted: settings.enableRealIp ? trustedNetworks(settings) : [],
    log: logView(settings, environment),
    ...passthroughView(stream, settings, environment),
    services: services.map((service) => serviceView(service, settings, environment)),
    snippets: stream.snippets.map(({ owner, text }) => ({ owner, streamPiece: text })),
    hasStreamSnippet: settings.streamSnippet !== '',
    streamSnippet: settings.streamSnippet,
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

function logView(settings: Settings, { layout, purpose }: Environment) {
  const serves = purpose === 'serve';
  const path = settings.streamAccessLogPath ?? settings.accessLogPath ?? layout.accessLog;
  return {
    format: settings.logFormatStream.pieces,
    hasAccess: !settings.disableAccessLog && !settings.disableStreamAccessLog,
    access: serves ? path : layout.accessLog,
    params: serves ? settings.accessLogParams : [],
    hasError: serves && settings.errorLogPath !== null,
    error: settings.errorLogPath ?? '',
    errorLevel: settings.errorLogLevel,
  };
}

function serviceView(service: StreamServer, settings: Settings, environment: Environment) {
  const { protocol, port, name, upstream, decode, encode } = service;
  const isNamed = upstream.kind === 'name';
  const options = [...(protocol === 'udp' ? ['udp'] : []), ...(decode ? ['proxy_protocol'] : [])];
  return {
    marker: `${protocol}_${port}`,
    name,
    isNamed,
    namesPort: environment.namesPort,
    place: isNamed ? `${upstream.name}:${upstream.port}` : '',
    hasPool: !isNamed,
    pool: `stream_${protocol}_${port}`,
    endpoints: isNamed ? [] : upstream.places,
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
