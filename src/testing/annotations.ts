/** What an annotation needs beside it to mean anything. */
import type { Annotation, AnnotationTable } from '../graph/annotations/annotation.ts';
import { annotationFamilies } from '../graph/annotations/read.ts';

const good: Readonly<Record<string, string>> = {
  'auth-url': 'http://auth.test/',
  'enable-opentelemetry': 'true',
  'mirror-target': 'http://mirror.test/',
  'auth-tls-secret': 'default/ca',
  'proxy-ssl-secret': 'default/ca',
  'auth-type': 'basic',
};

const leaders: ReadonlyMap<string, string> = new Map(
  Object.values<AnnotationTable>(annotationFamilies).flatMap((family) =>
    Object.values<Annotation<unknown>>(family).flatMap(({ name, needs }) =>
      needs === undefined ? [] : [[name, family[needs]?.name ?? '']],
    ),
  ),
);

/** The annotation without which this one is not looked at, with a good value; nothing for most. */
export function leaderOf(name: string): Readonly<Record<string, string>> {
  const leader = leaders.get(name);
  if (leader === undefined) return {};
  const value = good[leader];
  if (value === undefined) throw new Error(`no good value of ${leader} is known here`);
  return { [leader]: value };
}

/** Annotations without which one means nothing, by the beginning of its name; the first that fits counts. */
const companions: readonly (readonly [names: RegExp, others: Readonly<Record<string, string>>])[] = [
  [/^affinity-canary-behavior$/, { canary: 'true', 'canary-weight': '10' }],
  [/^canary-weight-total$/, { canary: 'true', 'canary-weight': '10' }],
  [/^canary-by-header-/, { canary: 'true', 'canary-by-header': 'X-Canary' }],
  [/^canary-/, { canary: 'true' }],
  [/^session-cookie-conditional/, { affinity: 'cookie', 'session-cookie-samesite': 'None' }],
  [/^(?:affinity-|session-cookie-)/, { affinity: 'cookie' }],
  [/^x-forwarded-prefix$/, { 'rewrite-target': '/' }],
  [/^upstream-hash-by-subset-size$/, { 'upstream-hash-by': '$uri', 'upstream-hash-by-subset': 'true' }],
  [/^upstream-hash-by-/, { 'upstream-hash-by': '$uri' }],
  [/^temporal-redirect-/, { 'temporal-redirect': 'https://example.com/' }],
  [/^permanent-redirect-/, { 'permanent-redirect': 'https://example.com/' }],
  [/^limit-(?:burst|allowlist)/, { 'limit-rps': '5' }],
  [/^limit-rate-after$/, { 'limit-rate': '10' }],
  [/^cors-/, { 'enable-cors': 'true' }],
  [/^auth-type$/, { 'auth-secret': 'users' }],
  [/^auth-secret$/, { 'auth-type': 'basic' }],
  [/^auth-(?:secret-type|realm)$/, { 'auth-type': 'basic', 'auth-secret': 'users' }],
  [/^auth-tls-(?!secret$)/, { 'auth-tls-secret': 'default/authority' }],
  [/^satisfy$/, { 'auth-url': 'http://auth.example.com/', 'allowlist-source-range': '10.0.0.0/8' }],
  [/^auth-signin-/, { 'auth-url': 'http://auth.example.com/', 'auth-signin': 'https://example.com/in' }],
  [/^auth-keepalive-/, { 'auth-url': 'http://auth.example.com/', 'auth-keepalive': '8' }],
  [/^auth-cache-duration$/, { 'auth-url': 'http://auth.example.com/', 'auth-cache-key': '$remote_user' }],
  [/^auth-(?!url$)/, { 'auth-url': 'http://auth.example.com/' }],
  [
    /^proxy-ssl-name$/,
    { 'backend-protocol': 'HTTPS', 'proxy-ssl-secret': 'default/authority', 'proxy-ssl-server-name': 'on' },
  ],
  [
    /^proxy-ssl-verify-depth$/,
    { 'backend-protocol': 'HTTPS', 'proxy-ssl-secret': 'default/authority', 'proxy-ssl-verify': 'on' },
  ],
  [/^proxy-ssl-secret$/, { 'backend-protocol': 'HTTPS' }],
  [
    /^proxy-ssl-verify$/,
    { 'backend-protocol': 'HTTPS', 'proxy-ssl-secret': 'default/authority', 'proxy-ssl-name': 'x.test' },
  ],
  [/^proxy-ssl-./, { 'backend-protocol': 'HTTPS', 'proxy-ssl-secret': 'default/authority' }],
  [/^proxy-redirect-from$/, { 'proxy-redirect-to': '/' }],
  [/^proxy-redirect-to$/, { 'proxy-redirect-from': 'http://app.internal/' }],
  [/^proxy-next-upstream-/, {}],
  [/^default-backend$/, { 'custom-http-errors': '404' }],
  [/^disable-proxy-intercept-errors$/, { 'custom-http-errors': '404' }],
  [/^fastcgi-/, { 'backend-protocol': 'FCGI' }],
  [/^opentelemetry-/, { 'enable-opentelemetry': 'true' }],
  [/^mirror-(?!target$)/, { 'mirror-target': 'https://test.example.com$request_uri' }],
  [/^(?:modsecurity-|enable-owasp)/, { 'enable-modsecurity': 'true' }],
];

/** Everything that must stand beside an annotation for it to do something. */
export function companionsOf(name: string): Readonly<Record<string, string>> {
  return companions.find(([names]) => names.test(name))?.[1] ?? {};
}
