/**
 * Annotations of ingress-nginx without an effect yet. Those that restrict access make the Ingress answer 503, since serving
 * it openly would be worse than not at all.
 */
export const protectionsWithoutEffectYet: ReadonlySet<string> = new Set(['auth-type']);

export const annotationsWithoutEffectYet: ReadonlySet<string> = new Set([
  'auth-secret',
  'auth-secret-type',
  'auth-realm',
  'proxy-busy-buffers-size',
  'ssl-passthrough',
  'enable-modsecurity',
  'enable-owasp-core-rules',
  'modsecurity-transaction-id',
  'modsecurity-snippet',
  'enable-opentelemetry',
  'opentelemetry-trust-incoming-span',
  'opentelemetry-operation-name',
  'http2-push-preload',
  'stream-snippet',
  'secure-verify-ca-secret',
  'enable-influxdb',
  'influxdb-measurement',
  'influxdb-port',
  'influxdb-host',
  'influxdb-server-name',
]);
