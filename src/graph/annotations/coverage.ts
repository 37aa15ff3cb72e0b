/** Which tests show what about each annotation; `coverage.test.ts` holds it, and the documentation shows it. */
export interface Coverage {
  /** Where a request shows what a good value does. */
  readonly seen: string;
  /** Why only the text of nginx.conf shows it there. */
  readonly onlyText?: string;
  /** Where it meets other annotations, another Ingress or the ConfigMap, as far as anything is documented about that. */
  readonly conflicts: string | null;
  /** Where the smallest, the largest, the empty value and case are; default: with those of all others. */
  readonly edges?: string;
  /** Where a bad value is, as its owner sees it; default: with those of all others. */
  readonly bad?: string;
}

/** Nothing is documented. */
const NONE = null;

export const EDGES = 'boundaries';
export const BAD = 'bad-values.feature';

/** Test files without `.test.ts`, with blanks between them, by the annotation's name. */
export const coverage: Readonly<Record<string, Coverage>> = {
  'rewrite-target': {
    seen: 'rewrites.feature routing.feature',
    conflicts: 'precedence.feature routing.feature hosts',
  },
  'use-regex': { seen: 'rewrites.feature routing.feature', conflicts: 'routing.feature hosts overlap' },
  'x-forwarded-prefix': { seen: 'rewrites.feature', conflicts: 'precedence.feature' },
  'ssl-redirect': { seen: 'tls.feature', conflicts: 'precedence.feature views annotation-defaults.feature' },
  'force-ssl-redirect': {
    seen: 'redirects.feature tls.feature',
    conflicts: 'precedence.feature redirects.feature cors.feature annotation-defaults.feature',
  },
  'preserve-trailing-slash': { seen: 'tls.feature', conflicts: 'annotation-defaults.feature' },
  'proxy-connect-timeout': { seen: 'proxy-settings.feature', conflicts: 'proxy-settings.feature' },
  'proxy-send-timeout': { seen: 'proxy-settings.feature', conflicts: 'proxy-settings.feature' },
  'proxy-read-timeout': { seen: 'proxy-settings.feature', conflicts: 'proxy-settings.feature' },
  'proxy-body-size': {
    seen: 'proxy-settings.feature',
    conflicts: 'proxy-settings.feature precedence.feature error-pages.feature',
  },
  'proxy-buffer-size': {
    seen: 'proxy-settings.feature limits.feature',
    conflicts: 'proxy-settings.feature buffers',
  },
  'proxy-buffers-number': { seen: 'proxying.feature', conflicts: 'proxy-settings.feature buffers' },
  'proxy-busy-buffers-size': { seen: 'proxying.feature', conflicts: 'buffers' },
  'proxy-max-temp-file-size': {
    seen: 'proxy-settings.feature',
    onlyText: 'only the size of a file on disk changes',
    conflicts: 'proxy-settings.feature limits.feature',
  },
  'proxy-buffering': { seen: 'proxy-settings.feature', conflicts: 'proxy-settings.feature' },
  'proxy-request-buffering': { seen: 'wire.feature', conflicts: 'proxy-settings.feature' },
  'proxy-http-version': { seen: 'proxy-settings.feature', conflicts: 'proxy-settings.feature' },
  'proxy-next-upstream': { seen: 'proxy-settings.feature', conflicts: 'proxy-settings.feature' },
  'proxy-next-upstream-timeout': { seen: 'proxy-settings.feature', conflicts: 'proxy-settings.feature' },
  'proxy-next-upstream-tries': {
    seen: 'proxy-settings.feature load-balancing.feature protocols.feature',
    conflicts: 'proxy-settings.feature',
  },
  'client-body-buffer-size': {
    seen: 'proxy-settings.feature',
    onlyText: 'only the place where a body is kept changes',
    conflicts: 'proxy-settings.feature',
  },
  'service-upstream': { seen: 'services.feature', conflicts: 'backends annotation-defaults.feature' },
  'load-balance': {
    seen: 'load-balancing.feature',
    conflicts: 'several-ingresses.feature balancing annotation-defaults.feature',
  },
  'upstream-hash-by': { seen: 'load-balancing.feature', conflicts: 'several-ingresses.feature balancing' },
  'upstream-hash-by-subset': {
    seen: 'load-balancing.feature',
    conflicts: 'several-ingresses.feature balancing',
  },
  'upstream-hash-by-subset-size': { seen: 'load-balancing.feature', conflicts: 'balancing' },
  affinity: { seen: 'sessions.feature canary.feature', conflicts: 'several-ingresses.feature balancing' },
  'affinity-mode': { seen: 'sessions.feature', conflicts: 'balancing precedence.feature' },
  'affinity-canary-behavior': { seen: 'canary.feature', conflicts: 'canary.feature' },
  'session-cookie-name': { seen: 'sessions.feature', conflicts: 'balancing precedence.feature' },
  'session-cookie-secure': { seen: 'sessions.feature', conflicts: 'balancing' },
  'session-cookie-expires': { seen: 'sessions.feature', conflicts: 'balancing' },
  'session-cookie-max-age': { seen: 'sessions.feature', conflicts: 'balancing precedence.feature' },
  'session-cookie-path': { seen: 'sessions.feature', conflicts: 'balancing' },
  'session-cookie-domain': { seen: 'sessions.feature', conflicts: 'balancing' },
  'session-cookie-samesite': { seen: 'sessions.feature', conflicts: 'balancing' },
  'session-cookie-conditional-samesite-none': { seen: 'sessions.feature', conflicts: 'balancing' },
  'session-cookie-change-on-failure': { seen: 'sessions.feature', conflicts: 'balancing' },
  canary: { seen: 'canary.feature', conflicts: 'several-ingresses.feature canaries' },
  'canary-weight': {
    seen: 'canary.feature',
    conflicts: 'canary.feature several-ingresses.feature precedence.feature',
  },
  'canary-weight-total': { seen: 'canary.feature', conflicts: 'leaders' },
  'canary-by-header': {
    seen: 'canary.feature',
    conflicts: 'canary.feature several-ingresses.feature precedence.feature',
  },
  'canary-by-header-value': { seen: 'canary.feature', conflicts: 'several-ingresses.feature' },
  'canary-by-header-pattern': { seen: 'canary.feature', conflicts: 'several-ingresses.feature' },
  'canary-by-cookie': { seen: 'canary.feature', conflicts: 'canary.feature several-ingresses.feature' },
  'temporal-redirect': { seen: 'redirects.feature', conflicts: 'redirects.feature precedence.feature' },
  'temporal-redirect-code': { seen: 'redirects.feature', conflicts: 'precedence.feature' },
  'permanent-redirect': {
    seen: 'redirects.feature',
    conflicts: 'redirects.feature precedence.feature several-ingresses.feature',
  },
  'permanent-redirect-code': { seen: 'redirects.feature', conflicts: 'precedence.feature' },
  'relative-redirects': {
    seen: 'redirects.feature',
    conflicts: 'precedence.feature annotation-defaults.feature',
  },
  'from-to-www-redirect': { seen: 'redirects.feature', conflicts: 'several-ingresses.feature host-names' },
  'app-root': {
    seen: 'redirects.feature',
    conflicts: 'redirects.feature precedence.feature several-ingresses.feature',
  },
  'use-port-in-redirects': { seen: 'redirects.feature', conflicts: 'annotation-defaults.feature' },
  'server-alias': {
    seen: 'redirects.feature',
    conflicts: 'redirects.feature several-ingresses.feature host-names',
  },
  'ssl-ciphers': {
    seen: 'several-ingresses.feature',
    conflicts: 'several-ingresses.feature tls-settings annotation-defaults.feature',
  },
  'ssl-prefer-server-ciphers': { seen: 'several-ingresses.feature', conflicts: 'several-ingresses.feature' },
  'ssl-passthrough': { seen: 'passthrough.feature', conflicts: 'precedence.feature passthrough.feature' },
  'backend-protocol': {
    seen: 'protocols.feature fastcgi.feature backend-tls.feature',
    conflicts: 'backend-tls.feature passthrough.feature',
  },
  'upstream-vhost': { seen: 'protocols.feature', conflicts: 'headers.feature precedence.feature' },
  'connection-proxy-header': { seen: 'protocols.feature', conflicts: 'annotation-defaults.feature' },
  'proxy-cookie-domain': { seen: 'protocols.feature', conflicts: 'tuning.feature' },
  'proxy-cookie-path': { seen: 'protocols.feature', conflicts: 'tuning.feature' },
  'proxy-redirect-from': { seen: 'protocols.feature', conflicts: 'tuning.feature' },
  'proxy-redirect-to': { seen: 'protocols.feature', conflicts: 'precedence.feature tuning.feature' },
  'allowlist-source-range': {
    seen: 'access.feature',
    conflicts: 'access.feature precedence.feature several-ingresses.feature external-auth.feature',
  },
  'whitelist-source-range': { seen: 'access.feature', conflicts: 'access.feature precedence.feature' },
  'denylist-source-range': {
    seen: 'access.feature',
    conflicts: 'access.feature precedence.feature http-settings.feature',
  },
  'limit-connections': { seen: 'access.feature', conflicts: 'precedence.feature' },
  'limit-rps': { seen: 'access.feature', conflicts: 'access.feature precedence.feature' },
  'limit-rpm': { seen: 'access.feature', conflicts: 'precedence.feature several-ingresses.feature' },
  'limit-burst-multiplier': { seen: 'access.feature', conflicts: 'leaders' },
  'limit-allowlist': { seen: 'access.feature', conflicts: 'access.feature precedence.feature' },
  'limit-whitelist': { seen: 'precedence.feature', conflicts: 'precedence.feature' },
  'limit-rate': {
    seen: 'access.feature',
    onlyText: 'no test waits for a slow answer',
    conflicts: 'proxy-settings.feature',
  },
  'limit-rate-after': {
    seen: 'proxy-settings.feature',
    onlyText: 'no test waits for a slow answer',
    conflicts: 'proxy-settings.feature',
  },
  'enable-cors': { seen: 'cors.feature', conflicts: 'cors.feature precedence.feature' },
  'cors-allow-origin': { seen: 'cors.feature', conflicts: 'precedence.feature' },
  'cors-allow-methods': { seen: 'cors.feature', conflicts: 'leaders' },
  'cors-allow-headers': { seen: 'cors.feature', conflicts: 'leaders' },
  'cors-allow-credentials': { seen: 'cors.feature', conflicts: 'leaders' },
  'cors-expose-headers': { seen: 'cors.feature', conflicts: 'leaders' },
  'cors-max-age': { seen: 'cors.feature', conflicts: 'precedence.feature' },
  'auth-type': { seen: 'digest-auth.feature passwords.feature', conflicts: 'passwords.feature model' },
  'auth-secret-type': { seen: 'digest-auth.feature', conflicts: 'leaders' },
  'auth-secret': {
    seen: 'basic-auth.feature digest-auth.feature passwords.feature',
    conflicts: 'passwords.feature',
  },
  'auth-realm': { seen: 'digest-auth.feature', conflicts: 'leaders' },
  'auth-url': {
    seen: 'external-auth.feature',
    conflicts: 'external-auth.feature precedence.feature fastcgi.feature',
  },
  'auth-method': { seen: 'external-auth.feature', conflicts: 'leaders' },
  'auth-signin': {
    seen: 'external-auth.feature',
    conflicts: 'precedence.feature annotation-defaults.feature',
  },
  'auth-signin-redirect-param': { seen: 'external-auth.feature', conflicts: 'leaders' },
  'auth-response-headers': { seen: 'external-auth.feature', conflicts: 'fastcgi.feature' },
  'auth-request-redirect': { seen: 'external-auth.feature', conflicts: 'leaders' },
  'auth-cache-key': { seen: 'external-auth.feature', conflicts: 'leaders' },
  'auth-cache-duration': { seen: 'external-auth.feature', conflicts: 'leaders' },
  'auth-always-set-cookie': { seen: 'external-auth.feature', conflicts: 'leaders' },
  'auth-proxy-set-headers': { seen: 'headers.feature', conflicts: 'headers.feature' },
  'auth-keepalive': { seen: 'headers.feature', conflicts: 'headers.feature' },
  'auth-keepalive-share-vars': { seen: 'headers.feature', conflicts: 'leaders' },
  'auth-keepalive-requests': { seen: 'headers.feature', conflicts: 'leaders' },
  'auth-keepalive-timeout': { seen: 'headers.feature', conflicts: 'leaders' },
  'auth-snippet': { seen: 'snippets.feature', conflicts: 'leaders' },
  'enable-global-auth': {
    seen: 'external-auth.feature',
    conflicts: 'external-auth.feature precedence.feature',
  },
  satisfy: { seen: 'external-auth.feature', conflicts: 'external-auth.feature precedence.feature' },
  'auth-tls-secret': {
    seen: 'client-certificates.feature client-authorities.feature',
    conflicts: 'client-certificates.feature client-auth',
  },
  'auth-tls-verify-client': { seen: 'client-certificates.feature', conflicts: 'leaders client-auth' },
  'auth-tls-verify-depth': { seen: 'client-certificates.feature', conflicts: 'client-auth' },
  'auth-tls-error-page': { seen: 'client-certificates.feature', conflicts: 'leaders client-auth' },
  'auth-tls-pass-certificate-to-upstream': {
    seen: 'client-certificates.feature',
    conflicts: 'leaders client-auth',
  },
  'auth-tls-match-cn': { seen: 'client-certificates.feature', conflicts: 'leaders client-auth' },
  'default-backend': { seen: 'error-pages.feature', conflicts: 'error-pages.feature default-backends' },
  'custom-http-errors': {
    seen: 'error-pages.feature',
    conflicts: 'error-pages.feature annotation-defaults.feature',
  },
  'disable-proxy-intercept-errors': { seen: 'error-pages.feature', conflicts: 'error-pages.feature' },
  'configuration-snippet': { seen: 'snippets.feature', conflicts: 'snippets.feature' },
  'server-snippet': { seen: 'snippets.feature', conflicts: 'snippets.feature' },
  'stream-snippet': { seen: 'stream-snippets.feature', conflicts: 'stream-snippets.feature' },
  'custom-headers': { seen: 'headers.feature', conflicts: 'headers.feature' },
  'enable-modsecurity': { seen: 'modsecurity.feature', conflicts: 'modsecurity.feature' },
  'enable-owasp-core-rules': { seen: 'modsecurity.feature', conflicts: 'modsecurity.feature' },
  'modsecurity-transaction-id': { seen: 'modsecurity.feature', conflicts: 'leaders' },
  'modsecurity-snippet': { seen: 'modsecurity.feature', conflicts: 'modsecurity.feature' },
  'proxy-ssl-secret': { seen: 'backend-tls.feature', conflicts: 'backend-tls.feature references' },
  'proxy-ssl-ciphers': { seen: 'backend-tls.feature', conflicts: 'leaders' },
  'proxy-ssl-protocols': { seen: 'backend-tls.feature', conflicts: 'leaders' },
  'proxy-ssl-name': { seen: 'backend-tls.feature', conflicts: 'backend-tls.feature' },
  'proxy-ssl-verify': { seen: 'backend-tls.feature', conflicts: 'references' },
  'proxy-ssl-verify-depth': { seen: 'backend-tls.feature', conflicts: 'leaders' },
  'proxy-ssl-server-name': { seen: 'backend-tls.feature', conflicts: 'backend-tls.feature' },
  'fastcgi-index': { seen: 'fastcgi.feature', conflicts: 'leaders' },
  'fastcgi-params-configmap': { seen: 'fastcgi.feature', conflicts: 'fastcgi.feature' },
  'mirror-target': { seen: 'mirror.feature', conflicts: 'mirror.feature precedence.feature' },
  'mirror-request-body': { seen: 'mirror.feature', conflicts: 'leaders' },
  'mirror-host': { seen: 'mirror.feature', conflicts: 'leaders' },
  'enable-access-log': { seen: 'logs.feature', conflicts: 'logs.feature' },
  'enable-rewrite-log': { seen: 'logs.feature', conflicts: NONE },
  'http2-push-preload': { seen: 'proxying.feature', conflicts: NONE },
  'enable-opentelemetry': { seen: 'telemetry.feature', conflicts: 'telemetry.feature' },
  'opentelemetry-trust-incoming-span': { seen: 'telemetry.feature', conflicts: 'telemetry.feature' },
  'opentelemetry-operation-name': { seen: 'telemetry.feature', conflicts: 'telemetry.feature' },
  'rate-limits': { seen: 'extensions.feature', conflicts: 'extensions.feature' },
  'request-headers': { seen: 'extensions.feature', conflicts: 'precedence.feature' },
  'response-headers': { seen: 'extensions.feature', conflicts: 'headers.feature' },
  redirects: { seen: 'extensions.feature', conflicts: 'extensions.feature' },
  // Read as a field of the Ingress, or without effect.
  'kubernetes.io/ingress.class': {
    seen: 'cluster.feature',
    conflicts: 'classes',
    edges: 'classes',
    bad: 'classes',
  },
  'secure-verify-ca-secret': { seen: 'proxying.feature', conflicts: NONE, edges: 'bad-values.feature' },
  'enable-influxdb': { seen: 'proxying.feature', conflicts: NONE, edges: 'bad-values.feature' },
  'influxdb-measurement': { seen: 'bad-values.feature', conflicts: NONE, edges: 'bad-values.feature' },
  'influxdb-port': { seen: 'bad-values.feature', conflicts: NONE, edges: 'bad-values.feature' },
  'influxdb-host': { seen: 'proxying.feature', conflicts: NONE, edges: 'bad-values.feature' },
  'influxdb-server-name': { seen: 'bad-values.feature', conflicts: NONE, edges: 'bad-values.feature' },
};

/** All tests of an annotation but those that have every annotation. */
export function testsOf(name: string): readonly string[] {
  const { seen = '', conflicts = '' } = coverage[name] ?? {};
  return [...new Set(`${seen} ${conflicts ?? ''}`.split(' ').filter((file) => file !== ''))];
}
