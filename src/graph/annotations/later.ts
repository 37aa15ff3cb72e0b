/** Annotations of ingress-nginx without an effect yet. None of them restricts access. */
export const annotationsWithoutEffectYet: ReadonlySet<string> = new Set([
  'proxy-busy-buffers-size',
  'ssl-passthrough',
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
