/** Every text of an object that a user can write: how to put a value there, and where a problem would point. */
import type { Annotation } from '../../graph/annotations/annotation.ts';
import { securityRules } from '../../text/modsecurity.ts';
import { snippet } from '../../text/snippet.ts';
import { annotationFamilies } from '../../graph/annotations/read.ts';
import type { Ingress, KubeObject } from '../../source/objects.ts';
import { leaderOf } from '../annotations.ts';
import { examplePair, tlsSecret } from '../builders/certificates.ts';
import { backend, configMap, ingress, secret, service, slice } from '../builders/objects.ts';
import type { IngressSpec } from '../builders/objects.ts';

export interface Field {
  readonly name: string;
  /** A value that is accepted, for the shape that any accepted value must have; by the value in question where that matters. */
  readonly harmless: (value: string) => string;
  readonly objects: (value: string) => readonly KubeObject[];
  /** What the field of a problem matches; null when no value of this field can ever reach the file. */
  readonly problem: RegExp | null;
}

/** Paths of all kinds, so that strictness does not hide what the printer does. */
const lenient = configMap({ 'strict-validate-path-type': 'false' });

const rest: readonly KubeObject[] = [service(), slice(), tlsSecret(), lenient];

function ofIngress(
  name: string,
  spec: (value: string) => IngressSpec,
  about: { readonly harmless: string | Field['harmless']; readonly problem: RegExp | null },
): Field {
  const { harmless, problem } = about;
  return {
    name: `Ingress ${name}`,
    harmless: typeof harmless === 'string' ? () => harmless : harmless,
    objects: (value) => [...rest, ingress({ host: 'a.example.com', ...spec(value) })],
    problem,
  };
}

// A path that ends with "/" is one location where another is two.
const likePath = (value: string) => (value.endsWith('/') ? '/x/' : '/x');
const asPath = (value: string) => (value.startsWith('/') && value !== '/' ? value : `/x${value}`);
const path =
  (type: string, annotations = {}) =>
  (value: string) => ({
    annotations,
    paths: [{ path: asPath(value), type }],
  });
const PATH = /^spec\.rules/;

const ingressFields: readonly Field[] = [
  ofIngress('metadata.name', (name) => ({ name }), { harmless: 'x', problem: /^metadata/ }),
  ofIngress('metadata.namespace', (namespace) => ({ namespace }), { harmless: 'x', problem: /^metadata/ }),
  ofIngress('host', (host) => ({ host }), {
    // Without a host a rule speaks about all others.
    harmless: (value) => (value === '' ? '' : 'x.example.com'),
    problem: /rules\[0\]\.host/,
  }),
  ofIngress('path Exact', path('Exact'), { harmless: '/x', problem: PATH }),
  ofIngress('path Prefix', path('Prefix'), { harmless: likePath, problem: PATH }),
  ofIngress('path free', path('ImplementationSpecific'), { harmless: likePath, problem: PATH }),
  ofIngress('path regex', path('ImplementationSpecific', { 'use-regex': 'true' }), {
    harmless: '/x',
    problem: PATH,
  }),
  ofIngress('path rewrite', path('ImplementationSpecific', { 'rewrite-target': '/new' }), {
    harmless: '/x',
    problem: PATH,
  }),
  ofIngress('pathType', (type) => ({ paths: [{ path: '/x', type }] }), {
    harmless: 'Prefix',
    problem: /pathType/,
  }),
  ofIngress('service name', (name) => ({ paths: [{ path: '/x', service: name }] }), {
    harmless: 'x',
    problem: /backend/,
  }),
  ofIngress('service port', (port) => ({ paths: [{ path: '/x', port }] }), {
    harmless: 'x',
    problem: /backend/,
  }),
  ofIngress('default backend', (name) => ({ defaultBackend: backend(name), rules: [] }), {
    harmless: 'x',
    problem: /defaultBackend/,
  }),
  ofIngress('tls host', (name) => ({ tls: [{ hosts: [name], secretName: 'tls' }] }), {
    harmless: 'x',
    problem: null,
  }),
  ofIngress('tls secret', (secretName) => ({ tls: [{ hosts: ['a.example.com'], secretName }] }), {
    harmless: 'x',
    problem: null,
  }),
  ofIngress('unknown annotation', (value) => ({ annotations: { 'no-such-thing': value } }), {
    harmless: 'x',
    problem: null,
  }),
  ofIngress('foreign annotation', (value) => ({ annotations: { 'example.com/x': value } }), {
    harmless: 'x',
    problem: null,
  }),
  ofIngress('annotation name', (name) => ({ annotations: { [name]: 'x' } }), {
    harmless: 'x',
    problem: null,
  }),
];

const objectFields: readonly Field[] = [
  ofService('externalName', (externalName) => ({ type: 'ExternalName', externalName })),
  ofService('clusterIP', (clusterIP) => ({ clusterIP })),
  ofService('port name', (name) => ({ ports: [{ name, port: 80 }] })),
  ofService('target port', (targetPort) => ({ ports: [{ port: 80, targetPort }] })),
  ofSlice('address', (value) => slice({ addresses: [value] })),
  ofSlice('port name', (name) => slice({ ports: [{ name, port: 80 }] })),
  ofSlice('service label', (owner) => slice({ service: owner })),
  ofSecret('tls.crt', (text) => ({ 'tls.crt': text, 'tls.key': text })),
  ofSecret('name of an entry', (name) => ({ [name]: 'x' })),
  ofParams('value of an entry', (value) => ({ SCRIPT_FILENAME: value })),
  ofParams('name of an entry', (name) => ({ [name]: 'x' })),
];

function ofParams(name: string, data: (value: string) => Readonly<Record<string, string>>): Field {
  const owner = ingress({
    host: 'a.example.com',
    annotations: { 'backend-protocol': 'FCGI', 'fastcgi-params-configmap': 'params' },
  });
  const objects = (value: string) => [
    service(),
    slice(),
    configMap(data(value), { namespace: 'default', name: 'params' }),
    owner,
  ];
  return {
    name: `ConfigMap of FastCGI ${name}`,
    harmless: () => 'x',
    objects,
    problem: /fastcgi-params-configmap/,
  };
}

function ofService(name: string, spec: (value: string) => Parameters<typeof service>[0]): Field {
  const objects = (value: string) => [service(spec(value)), slice(), ingress({ host: 'a.example.com' })];
  return { name: `Service ${name}`, harmless: () => 'x', objects, problem: null };
}

function ofSlice(name: string, make: (value: string) => KubeObject): Field {
  const objects = (value: string) => [service(), make(value), ingress({ host: 'a.example.com' })];
  return { name: `EndpointSlice ${name}`, harmless: () => 'x', objects, problem: null };
}

function ofSecret(name: string, data: (value: string) => Readonly<Record<string, string>>): Field {
  const owner = ingress({
    host: 'a.example.com',
    tls: [{ hosts: ['a.example.com'], secretName: 'tls' }],
  });
  const objects = (value: string) => [service(), slice(), secret({ data: data(value) }), owner];
  return { name: `Secret ${name}`, harmless: () => 'x', objects, problem: null };
}

export const fields: readonly Field[] = [...ingressFields, ...objectFields];

export interface ValueField {
  readonly name: string;
  readonly valid: string;
}

/** One accepted value of every annotation. */
const validAnnotations: Readonly<Record<string, string>> = {
  'auth-tls-secret': 'default/ca',
  'auth-tls-verify-client': 'optional',
  'auth-tls-verify-depth': '2',
  'auth-tls-error-page': 'https://x.test/y',
  'auth-tls-match-cn': 'CN=a',
  'ssl-ciphers': 'HIGH',
  'rewrite-target': '/y',
  'x-forwarded-prefix': '/y',
  'proxy-buffering': 'on',
  'proxy-request-buffering': 'off',
  'proxy-http-version': '1.0',
  'proxy-next-upstream': 'error timeout',
  'proxy-body-size': '8m',
  'proxy-buffer-size': '8k',
  'proxy-max-temp-file-size': '64m',
  'client-body-buffer-size': '16k',
  'proxy-connect-timeout': '7',
  'proxy-send-timeout': '7',
  'proxy-read-timeout': '7',
  'proxy-buffers-number': '8',
  'proxy-next-upstream-timeout': '7',
  'proxy-next-upstream-tries': '7',
  'auth-type': 'basic',
  'auth-secret-type': 'auth-file',
  'auth-secret': 'users',
  'auth-realm': 'members only',
  'auth-url': 'http://a.test/x',
  'auth-method': 'POST',
  'auth-signin': 'http://a.test/x',
  'auth-signin-redirect-param': 'rd',
  'auth-response-headers': 'X-User',
  'auth-request-redirect': '/x',
  'auth-cache-key': '$host',
  'auth-cache-duration': '200 5m',
  satisfy: 'any',
  'permanent-redirect': 'http://a.test/',
  'temporal-redirect': 'http://a.test/',
  'app-root': '/app',
  'server-alias': 'b.test',
  'allowlist-source-range': '10.0.0.0/8',
  'denylist-source-range': '10.0.0.0/8',
  'limit-allowlist': '10.0.0.0/8',
  'limit-connections': '7',
  'limit-rps': '7',
  'limit-rpm': '7',
  'limit-rate': '7',
  'upstream-vhost': 'a.test',
  'connection-proxy-header': 'close',
  'backend-protocol': 'HTTPS',
  'proxy-cookie-domain': 'a.test b.test',
  'proxy-cookie-path': '/a /b',
  'proxy-redirect-from': '/a',
  'proxy-redirect-to': '/b',
  'cors-allow-origin': 'https://a.test',
  'cors-allow-methods': 'GET, POST',
  'cors-allow-headers': 'X-A, X-B',
  'cors-expose-headers': 'X-A',
  'cors-max-age': '7',
  'proxy-ssl-secret': 'default/ca',
  'proxy-ssl-ciphers': 'HIGH',
  'proxy-ssl-protocols': 'TLSv1.2',
  'proxy-ssl-name': 'a.test',
  'proxy-ssl-verify': 'on',
  'proxy-ssl-verify-depth': '2',
  'proxy-ssl-server-name': 'on',
  'mirror-target': 'http://a.test/x',
  'mirror-request-body': 'off',
  'mirror-host': 'a.test',
  'fastcgi-index': 'index.php',
  'rate-limits': 'key=$http_x rate=1r/s',
  redirects: '/a /b 301',
  'request-headers': 'set X-A: b',
  'response-headers': 'set X-A: b',
  'fastcgi-params-configmap': 'php',
};

export const annotationFields: readonly ValueField[] = Object.values(annotationFamilies)
  .flatMap((family) => Object.values<Annotation<unknown>>(family))
  // Snippets are directives: snippets.test.ts.
  .filter(({ type }) => type !== snippet && type !== securityRules)
  .map(({ name }) => ({ name, valid: validAnnotations[name] ?? 'true' }));

/** The Secrets that annotations name. */
export const secrets: readonly KubeObject[] = [
  secret({ name: 'ca', data: { 'ca.crt': examplePair.certificate } }),
  secret({ name: 'users', data: { auth: 'anna:{PLAIN}secret' } }),
];

/** @param host the first label of the host, and the name. */
export function annotated(name: string, value: string, host = 'a'): Ingress {
  const leader = leaderOf(name);
  const asksForPassword = name === 'auth-type' || 'auth-type' in leader;
  const users = asksForPassword ? { 'auth-secret': 'users' } : {};
  const annotations = { 'rewrite-target': '/new', ...users, ...leader, [name]: value };
  const about = host === 'a' ? {} : { name: host };
  return ingress({
    ...about,
    host: `${host}.example.com`,
    paths: [{ path: '/x', type: 'Prefix' }],
    annotations,
  });
}
