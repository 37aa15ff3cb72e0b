/** What made ingress-nginx, and others, refuse all further changes of everybody (design/users.md P3, compat/security.md 1.3). */
import { ingress, service } from '../harness/objects.ts';
import type { PathSpec } from '../harness/objects.ts';
import { annotations, site } from '../harness/sites.ts';
import type { SiteSpec } from '../harness/sites.ts';

export interface BadNeighbour {
  /** Of the Ingress. */
  readonly name: string;
  /** False: it means something harmless, so that its owner is told nothing. */
  readonly told: boolean;
  readonly objects: readonly object[];
}

/** Good ones are older, and keep what they have. */
const LATER = '2026-06-01T00:00:00Z';

type Values = Readonly<Record<string, string>>;

/** Longer than any word that nginx takes. */
const LONG = 'x'.repeat(5000);

/** Each by itself makes an Ingress that is otherwise well. */
const values: Readonly<Record<string, Values>> = {
  'unknown-variable-signin': {
    'auth-url': 'http://auth.test/',
    'auth-signin': 'https://auth.test/?rd=$nothing',
  },
  'unknown-variable-vhost': { 'upstream-vhost': '$nothing' },
  'unknown-variable-target': { 'rewrite-target': '/$nothing' },
  'unknown-variable-hash': { 'upstream-hash-by': '$nothing' },
  'unknown-variable-cache-key': { 'auth-url': 'http://auth.test/', 'auth-cache-key': '$nothing' },
  'dollar-at-end-vhost': { 'upstream-vhost': 'inside.test$' },
  'dollar-at-end-target': { 'rewrite-target': '/a$' },
  'dollar-at-end-redirect': { 'permanent-redirect': 'https://elsewhere.test/$' },
  'dollar-at-end-prefix': { 'x-forwarded-prefix': '/a$' },
  'unterminated-vhost': { 'upstream-vhost': '${host' },
  'unterminated-hash': { 'upstream-hash-by': '${request_uri' },
  'unterminated-root': { 'app-root': '/${' },
  'expression-as-target': { 'rewrite-target': '^/foo(.*' },
  'open-group-origin': { 'enable-cors': 'true', 'cors-allow-origin': 'https://(a.test' },
  'open-group-canary': { canary: 'true', 'canary-by-header': 'X-A', 'canary-by-header-pattern': '(a' },
  'open-group-alias': { 'server-alias': '~^(a\\.test$' },
  'open-group-subject': { 'auth-tls-secret': 'default/none', 'auth-tls-match-cn': 'CN=(a' },
  'space-in-size': { 'proxy-body-size': '8 m' },
  'space-in-time': { 'proxy-read-timeout': '60 s' },
  'space-in-choice': { 'proxy-next-upstream': 'error nonsense' },
  'space-in-redirect': { 'proxy-redirect-from': 'http://a/ b', 'proxy-redirect-to': 'http://c/ d' },
  'space-in-protocol': { 'backend-protocol': 'HTTP S' },
  'space-in-ciphers': { 'ssl-ciphers': 'ALL ;x' },
  'space-in-list': { 'allowlist-source-range': '10.0.0.0/8 nonsense' },
  'brace-in-name': { 'proxy-ssl-name': 'a {', 'proxy-ssl-server-name': 'on' },
  'brace-in-url': { 'auth-url': 'http://auth.test/{' },
  'brace-in-domain': { 'proxy-cookie-domain': '{ }' },
  'too-long-vhost': { 'upstream-vhost': LONG },
  'too-long-headers': { 'enable-cors': 'true', 'cors-expose-headers': LONG },
  'too-long-redirect': { 'permanent-redirect': `https://elsewhere.test/${LONG}` },
  'too-long-list': { 'allowlist-source-range': Array(500).fill('10.0.0.0/8').join(',') },
  'buffers-too-small': { 'proxy-buffer-size': '64k', 'proxy-buffers-number': '2' },
  'buffers-of-nothing': { 'proxy-buffer-size': '0', 'proxy-buffers-number': '1' },
  'buffers-too-large': { 'proxy-buffer-size': '999999999g', 'client-body-buffer-size': '999999999g' },
  'busy-buffers': { 'proxy-busy-buffers-size': '1g', 'proxy-buffer-size': '4k' },
  'temporary-files': { 'proxy-max-temp-file-size': '1k', 'proxy-buffer-size': '64k' },
  'cookie-path': { 'proxy-cookie-path': '/' },
  'cookie-path-pattern': { 'proxy-cookie-path': '~(/ /' },
  'no-such-host-auth': { 'auth-url': 'http://no-such-host.invalid/' },
  'no-such-host-mirror': { 'mirror-target': 'http://no-such-host.invalid/' },
  'snippet-escape': { 'configuration-snippet': 'if ($uri ~ \\d{2}) { return 200; }' },
  'snippet-unknown': { 'server-snippet': 'no_such_directive on;' },
  'snippet-indented': {
    'configuration-snippet': 'proxy_set_header A b;\nnginx.ingress.kubernetes.io/ssl-redirect: "false"',
  },
  'no-such-secret': { 'auth-tls-secret': 'default/no-such-secret' },
  'no-such-page': { 'custom-http-errors': '404,abc,99999', 'default-backend': 'no-such-service' },
};

/** Each by itself. */
const paths: Readonly<Record<string, readonly Partial<PathSpec>[]>> = {
  'open-group': [{ path: '/foo(' }],
  'open-group-anchored': [{ path: '^/foo(' }],
  'open-class': [{ path: '/[a' }],
  'nothing-to-repeat': [{ path: '/*' }, { path: '/a**' }],
  'unknown-verb': [{ path: '/(*NOSUCHVERB)a' }],
  'trailing-backslash': [{ path: '/a\\' }],
  'endless-expression': [{ path: `/${'(a|'.repeat(500)}` }],
  'space-in-path': [{ path: '/a b', type: 'Prefix' }],
  'brace-in-path': [{ path: '/a {', type: 'Prefix' }],
  'variable-in-path': [{ path: '/$nothing/${', type: 'Prefix' }],
  'too-long-path': [{ path: `/${LONG}`, type: 'Prefix' }],
  'duplicate-path': [
    { path: '/a', type: 'Prefix' },
    { path: '/a', type: 'Prefix' },
  ],
  'duplicate-expression': [{ path: '/a.*' }, { path: '/A.*' }, { path: '/a.*' }],
  'duplicate-slash': [
    { path: '/a', type: 'Exact' },
    { path: '/a/', type: 'Prefix' },
    { path: '/a', type: 'Prefix' },
  ],
};

/** What was refused elsewhere, and is fitted in or taken as it is here. */
const HARMLESS: ReadonlySet<string> = new Set([
  // Lua reads them, which knows no unknown variables.
  'unknown-variable-hash',
  'unterminated-hash',
  'too-long-list',
  'buffers-too-small',
  'temporary-files',
  // Names are resolved when they are asked for.
  'no-such-host-auth',
  'no-such-host-mirror',
  'no-such-name',
  'duplicate-slash',
  'headless',
]);

/** @param taken the host of somebody else. */
export function badNeighbours(taken: string): readonly BadNeighbour[] {
  // Nothing is asked of its Service.
  const places = [{ address: '127.0.0.1', port: 9 }];
  const make = (name: string, spec: Omit<SiteSpec, 'places'>) => ({
    name,
    objects: site(name, { places, created: LATER, ...spec }),
  });
  const all = [
    ...Object.entries(values).map(([name, short]) => make(name, { with: short })),
    ...Object.entries(paths).map(([name, list]) => pathsOf(name, list)),
    make('host-of-another', { host: taken }),
    make('alias-of-another', { with: { 'server-alias': taken } }),
    make('no-name', { host: 'a b.test' }),
    make('canary-of-nothing', { with: { canary: 'true', 'canary-weight': 'many' } }),
    withService('headless', { clusterIP: 'None' }, { 'service-upstream': 'true' }),
    withService('no-such-name', { type: 'ExternalName', externalName: 'no-such-host.invalid' }, {}),
    withService('no-name-at-all', { type: 'ExternalName', externalName: '${host}' }, {}),
  ];
  return all.map((neighbour) => ({ ...neighbour, told: !HARMLESS.has(neighbour.name) }));
}

function pathsOf(name: string, list: readonly Partial<PathSpec>[]) {
  const rules = {
    [`${name}.test`]: list.map((path) => ({ type: 'ImplementationSpecific' as const, ...path, to: 'web' })),
  };
  return { name, objects: [ingress(name, { rules, annotations: annotations({ 'use-regex': 'true' }) })] };
}

function withService(name: string, spec: Readonly<Record<string, unknown>>, short: Values) {
  const rules = { [`${name}.test`]: name };
  return { name, objects: [service(name, spec), ingress(name, { rules, annotations: annotations(short) })] };
}
