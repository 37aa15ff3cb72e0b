/** Where an annotation, or a key of the ConfigMap, means something else than with ingress-nginx (docs/differences.md). */

export interface Difference {
  /** Names without the prefix. */
  readonly names: readonly string[];
  readonly kind: 'different' | 'ignored';
  /** Whether it matters for this value; default: it does for all. */
  readonly when?: (value: string) => boolean;
  readonly message: string;
}

const isTrue = (value: string) => value.trim() === 'true';

export const annotationDifferences: readonly Difference[] = [
  {
    names: ['auth-keepalive'],
    kind: 'different',
    when: (value) => Number(value) > 0,
    message:
      'connections to the authentication service are kept, and everything else is as without it: with ingress-nginx it asks with GET, and only 200 lets pass',
  },
  {
    names: ['auth-realm'],
    kind: 'different',
    when: (value) => value.trim() === 'off',
    message: 'a password is asked for, and the realm is called "off"; with ingress-nginx nobody is asked',
  },
  {
    names: ['auth-type'],
    kind: 'different',
    when: (value) => value.trim() === 'digest',
    message:
      'nonces count once and for a minute, and each replica has its own: clients of several replicas repeat their answer without a question to the user',
  },
  {
    names: ['mirror-target'],
    kind: 'different',
    message:
      'copies never delay a request: beyond 64 at once for each Ingress and worker they are dropped, and the access log has no lines for them',
  },
  {
    names: ['enable-opentelemetry'],
    kind: 'different',
    when: isTrue,
    message: 'spans are sent as OTLP over HTTP (port 4318 where 4317 is given), without TLS',
  },
  {
    names: ['ssl-passthrough'],
    kind: 'different',
    when: isTrue,
    message:
      'connections are handed on by nginx, and backends see the address of the client with PROXY protocol only; the Ingress must be of the namespace that has the path "/" of the host',
  },
  {
    names: ['http2-push-preload'],
    kind: 'ignored',
    when: isTrue,
    message: 'nginx 1.25.1 and later have no server push; remove it',
  },
  {
    names: ['session-cookie-samesite'],
    kind: 'different',
    when: (value) => ['none', 'lax', 'strict'].includes(value.trim()),
    message:
      'is written as browsers want it (None, Lax, Strict); with ingress-nginx this value has no effect',
  },
  {
    names: ['cors-allow-origin'],
    kind: 'different',
    when: (value) => value.trim() !== '*',
    message:
      'origins are compared as a whole; with ingress-nginx an origin that ends with an allowed one passes, too',
  },
  {
    names: ['default-backend'],
    kind: 'different',
    message: 'whether its endpoints serve is decided for each request, and the Service may be made later',
  },
  {
    names: ['modsecurity-snippet'],
    kind: 'different',
    when: (value) => /\b(?:Include|SecRemoteRules|SecRuleScript)\b|\bexec:/i.test(value),
    message:
      'rules that read files or run programs answer 503 unless --snippet-directives names their directive',
  },
];

export const settingDifferences: readonly Difference[] = [
  {
    names: ['use-forwarded-headers', 'enable-real-ip'],
    kind: 'different',
    when: isTrue,
    message:
      'headers are believed from senders in proxy-real-ip-cidr only, whose default is everybody; name your load balancer there',
  },
  {
    names: ['annotation-value-word-blocklist'],
    kind: 'different',
    message:
      'an Ingress that holds a word after a change is left out; with ingress-nginx the version before the change stays',
  },
  {
    names: ['proxy-redirect-from'],
    kind: 'different',
    when: (value) => !['off', 'default'].includes(value.trim()),
    message: 'works; with ingress-nginx nginx refuses the file',
  },
  {
    names: ['otlp-collector-host'],
    kind: 'different',
    message: 'is sent OTLP over HTTP (port 4318 where 4317 is given), without TLS',
  },
  {
    names: ['opentelemetry-config'],
    kind: 'ignored',
    message: 'there is no such file, since no module reads one; use the keys otlp-* and otel-*',
  },
  {
    names: ['error-log-path', 'access-log-path', 'http-access-log-path', 'stream-access-log-path'],
    kind: 'different',
    when: (value) => !/^(?:\/var\/log\/|\/tmp\/).*\.log$|^\/dev\/std(?:out|err)$/.test(value.trim()),
    message: 'only files in /var/log and /tmp that end with ".log", /dev/stdout and /dev/stderr are written',
  },
  {
    names: ['http2-max-field-size', 'http2-max-header-size', 'http2-max-requests'],
    kind: 'ignored',
    message:
      'nginx has no such directive any more: use large-client-header-buffers and keep-alive-requests, or remove it',
  },
];

/** Flags; the message goes on after the name of the flag. Those without any effect say so in their own table. */
export const flagDifferences: readonly Difference[] = [
  {
    names: ['sync-rate-limit'],
    kind: 'different',
    message: 'bounds reloads only; endpoints and certificates change at once, whatever it says',
  },
  {
    names: ['status-port'],
    kind: 'different',
    message:
      'answers about backends only: it gives no certificates away and takes no changes; /dbg does not ask it',
  },
  {
    names: ['ingress-class-by-name'],
    kind: 'different',
    when: isTrue,
    message: 'serves the IngressClass as long as it exists; with ingress-nginx also after it was deleted',
  },
  {
    names: ['watch-namespace-selector'],
    kind: 'different',
    message: 'counts for the admission webhook, too: Ingresses of other namespaces are not judged',
  },
  {
    names: ['enable-ssl-passthrough'],
    kind: 'different',
    when: isTrue,
    message: 'makes nginx hand connections on, not the controller',
  },
  {
    names: ['profiler-port'],
    kind: 'different',
    message: 'answers on 127.0.0.1 only, in the formats of Chrome',
  },
];

/** What is to be said about a name and its value. */
export function differencesOf(
  table: readonly Difference[],
  name: string,
  value: string,
): readonly Difference[] {
  return table.filter(({ names, when }) => names.includes(name) && (when === undefined || when(value)));
}
