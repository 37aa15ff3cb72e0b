/**
 * The keys of the controller's ConfigMap that have an effect, as data: key, type, default, documentation. Names and
 * defaults are those of ingress-nginx 1.15.1 (compat/configmap.md).
 */
import {
  bool,
  bufferSize,
  choice,
  fileSize,
  integer,
  list,
  literal,
  nextUpstream,
  nginxTime,
  secondsValue,
  size,
} from '../../text/values.ts';
import { fail, ok } from '../../lib/result.ts';
import type { Size } from '../../text/safe.ts';
import type { ValueType } from '../../text/values.ts';
import { accessSettings } from './access.ts';
import { authSettings } from './auth.ts';
import { compressionSettings } from './compression.ts';
import { errorSettings } from './errors.ts';
import { forwardedSettings } from './forwarded.ts';
import { geoSettings } from './geo.ts';
import { httpSettings } from './http.ts';
import { modsecuritySettings } from './modsecurity.ts';
import { snippetSettings } from './snippets.ts';
import { streamSettings } from './stream.ts';
import { logSettings } from './logs.ts';
import { telemetrySettings } from './telemetry.ts';
import { tlsSettings } from './tls.ts';
import { tuningSettings } from './tuning.ts';
import { settingsWithoutEffect } from './without-effect.ts';
import { setting } from './setting.ts';
import type { Setting } from './setting.ts';

const count = integer({ min: 0, max: 1_000_000_000 });
// nginx reserves the memory of this many in each worker when it starts.
const connections = integer({ min: 0, max: 1_000_000 });
const tlsVersions = list(choice(['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']), {
  separator: /[\s,]+/,
  example: 'TLSv1.2 TLSv1.3',
});
const paths = list(literal, { separator: /,/, example: '/a,/b', empty: 'allowed' });

const words = list(literal, { separator: /,/, example: 'load_module,_by_lua', empty: 'allowed' });

// Each worker needs one for every address that it listens on.
const workerConnections: ValueType<number> = {
  name: 'integer from 64 to 1000000, or 0 for three quarters of the open files',
  parse: (text) => {
    const parsed = connections.parse(text);
    if (!parsed.ok || parsed.value === 0 || parsed.value >= 64) return parsed;
    return fail('is less than 64, with which nginx cannot listen');
  },
};

// nginx's own is two buffers.
const bufferSizeOrNone: ValueType<Size | null> = {
  name: `${bufferSize.name}, or empty for two buffers`,
  parse: (text) => (text === '' ? ok(null) : bufferSize.parse(text)),
};

const workerCount: ValueType<string> = {
  name: 'auto, or integer from 1 to 128',
  parse: (text) =>
    text === 'auto' || (/^[1-9]\d{0,2}$/.test(text) && Number(text) <= 128)
      ? ok(text)
      : fail('is neither "auto" nor a whole number from 1 to 128'),
};

export const settingsTable = {
  proxyConnectTimeout: setting('proxy-connect-timeout', secondsValue, {
    default: '5',
    doc: 'Seconds to wait for a connection to an endpoint.',
  }),
  proxySendTimeout: setting('proxy-send-timeout', secondsValue, {
    default: '60',
    doc: 'Seconds between two writes to an endpoint before the request fails.',
  }),
  proxyReadTimeout: setting('proxy-read-timeout', secondsValue, {
    default: '60',
    doc: 'Seconds between two reads from an endpoint before the request fails.',
  }),
  proxyBodySize: setting('proxy-body-size', size, {
    default: '1m',
    doc: 'Largest request body; larger ones get 413. 0 means no limit.',
  }),
  proxyBufferSize: setting('proxy-buffer-size', bufferSize, {
    default: '4k',
    doc: 'Buffer for the first part of a response, its header.',
  }),
  proxyBuffersNumber: setting('proxy-buffers-number', integer({ min: 2, max: 1024 }), {
    default: '4',
    doc: 'How many response buffers one request may use.',
  }),
  proxyBusyBuffersSize: setting('proxy-busy-buffers-size', bufferSizeOrNone, {
    default: '',
    doc: 'How much of the buffers may be on its way to the client while the rest is filled.',
  }),
  proxyBuffering: setting('proxy-buffering', choice(['on', 'off']), {
    default: 'off',
    doc: 'Whether nginx reads a response ahead of the client.',
  }),
  proxyRequestBuffering: setting('proxy-request-buffering', choice(['on', 'off']), {
    default: 'on',
    doc: 'Whether a request body is read completely before an endpoint is contacted.',
  }),
  proxyMaxTempFileSize: setting('proxy-max-temp-file-size', fileSize, {
    default: '1024m',
    doc: 'Largest temporary file for a buffered response.',
  }),
  proxyHttpVersion: setting('proxy-http-version', choice(['1.0', '1.1']), {
    default: '1.1',
    doc: 'HTTP version spoken to endpoints.',
  }),
  proxyNextUpstream: setting('proxy-next-upstream', nextUpstream, {
    default: 'error timeout',
    doc: 'When a request is tried on the next endpoint.',
  }),
  proxyNextUpstreamTimeout: setting('proxy-next-upstream-timeout', count, {
    default: '0',
    doc: 'Seconds in which a request may be retried; 0 means no limit.',
  }),
  proxyNextUpstreamTries: setting('proxy-next-upstream-tries', count, {
    default: '3',
    doc: 'How many endpoints one request may try; 0 means no limit.',
  }),
  retryNonIdempotent: setting('retry-non-idempotent', bool, {
    default: 'false',
    doc: 'Try the next endpoint for POST, LOCK and PATCH, too.',
  }),
  clientBodyBufferSize: setting('client-body-buffer-size', bufferSize, {
    default: '8k',
    doc: 'Part of a request body that is kept in memory.',
  }),
  clientHeaderBufferSize: setting('client-header-buffer-size', bufferSize, {
    default: '1k',
    doc: 'Buffer for a request header of ordinary size.',
  }),
  clientHeaderTimeout: setting('client-header-timeout', secondsValue, {
    default: '60',
    doc: 'Seconds in which a client must send its request header.',
  }),
  clientBodyTimeout: setting('client-body-timeout', secondsValue, {
    default: '60',
    doc: 'Seconds between two reads of a request body.',
  }),
  sslRedirect: setting('ssl-redirect', bool, {
    default: 'true',
    doc: 'Redirect HTTP to HTTPS for hosts that have TLS.',
  }),
  forceSslRedirect: setting('force-ssl-redirect', bool, {
    default: 'false',
    doc: 'Redirect HTTP to HTTPS for all hosts.',
  }),
  preserveTrailingSlash: setting('preserve-trailing-slash', bool, {
    default: 'false',
    doc: 'Keep the last slash of the URI in the redirect to HTTPS.',
  }),
  usePortInRedirects: setting('use-port-in-redirects', bool, {
    default: 'false',
    doc: 'Name the port in redirects.',
  }),
  relativeRedirects: setting('relative-redirects', bool, {
    default: 'false',
    doc: 'Redirects of nginx itself have no scheme and host.',
  }),
  httpRedirectCode: setting('http-redirect-code', choice(['301', '302', '307', '308']), {
    default: '308',
    doc: 'Status of the redirect to HTTPS.',
  }),
  loadBalance: setting('load-balance', choice(['round_robin', 'ewma']), {
    default: 'round_robin',
    doc: 'How an endpoint is chosen where no annotation says otherwise: in turn, or the faster of two random ones.',
  }),
  serviceUpstream: setting('service-upstream', bool, {
    default: 'false',
    doc: 'Send requests to the ClusterIP of Services instead of their endpoints.',
  }),
  noTlsRedirectLocations: setting('no-tls-redirect-locations', paths, {
    default: '/.well-known/acme-challenge',
    doc: 'Beginnings of location paths that are never redirected to HTTPS.',
  }),
  hsts: setting('hsts', bool, {
    default: 'true',
    doc: 'Send Strict-Transport-Security with HTTPS responses.',
  }),
  hstsMaxAge: setting('hsts-max-age', count, {
    default: '31536000',
    doc: 'Seconds for which browsers shall keep to HTTPS (max-age of that header).',
  }),
  hstsIncludeSubdomains: setting('hsts-include-subdomains', bool, {
    default: 'true',
    doc: 'Whether that header covers subdomains.',
  }),
  hstsPreload: setting('hsts-preload', bool, {
    default: 'false',
    doc: 'Whether that header carries preload.',
  }),
  keepAlive: setting('keep-alive', count, {
    default: '75',
    doc: 'Seconds an idle client connection stays open; 0 turns keepalive off.',
  }),
  keepAliveRequests: setting('keep-alive-requests', count, {
    default: '1000',
    doc: 'Requests served on one client connection.',
  }),
  upstreamKeepaliveConnections: setting('upstream-keepalive-connections', connections, {
    default: '320',
    doc: 'Idle connections to endpoints that each worker keeps; 0 turns them off.',
  }),
  upstreamKeepaliveTime: setting('upstream-keepalive-time', nginxTime, {
    default: '1h',
    doc: 'Longest life of a connection to an endpoint.',
  }),
  upstreamKeepaliveTimeout: setting('upstream-keepalive-timeout', count, {
    default: '60',
    doc: 'Seconds an idle connection to an endpoint stays open.',
  }),
  upstreamKeepaliveRequests: setting('upstream-keepalive-requests', count, {
    default: '10000',
    doc: 'Requests sent over one connection to an endpoint.',
  }),
  workerProcesses: setting('worker-processes', workerCount, {
    default: 'auto',
    doc: 'Number of nginx workers; auto means one for each CPU that the container may use.',
  }),
  maxWorkerConnections: setting('max-worker-connections', workerConnections, {
    default: '16384',
    doc: 'Connections that one worker can hold.',
  }),
  workerShutdownTimeout: setting('worker-shutdown-timeout', nginxTime, {
    default: '240s',
    doc: 'How long workers of an older generation may finish their requests.',
  }),
  serverTokens: setting('server-tokens', bool, {
    default: 'false',
    doc: 'Show the nginx version in the Server header and in error pages.',
  }),
  useHttp2: setting('use-http2', bool, { default: 'true', doc: 'Offer HTTP/2 on HTTPS connections.' }),
  sslProtocols: setting('ssl-protocols', tlsVersions, {
    default: 'TLSv1.2 TLSv1.3',
    doc: 'TLS versions offered to clients.',
  }),
  errorLogLevel: setting(
    'error-log-level',
    choice(['debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg']),
    { default: 'notice', doc: 'Least severity that nginx logs.' },
  ),
  ...accessSettings,
  ...authSettings,
  ...forwardedSettings,
  ...httpSettings,
  ...compressionSettings,
  ...errorSettings,
  ...logSettings,
  ...tlsSettings,
  ...tuningSettings,
  ...streamSettings,
  ...snippetSettings,
  ...modsecuritySettings,
  ...telemetrySettings,
  ...geoSettings,
  annotationValueWordBlocklist: setting('annotation-value-word-blocklist', words, {
    default: '',
    doc: 'Words that no annotation value may hold; the admission webhook refuses an Ingress with one, and one that is there is left out. Separated by commas.',
  }),
  strictValidatePathType: setting('strict-validate-path-type', bool, {
    default: 'true',
    doc: 'Refuse characters in Exact and Prefix paths that only a regular expression needs.',
  }),
  ...settingsWithoutEffect,
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

type Table = typeof settingsTable;

/** Values of all keys, defaults filled in. */
export type Settings = {
  readonly [K in keyof Table]: Table[K] extends Setting<infer T> ? T : never;
};
