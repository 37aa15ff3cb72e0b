/** Attacks on the retired controller (compat/security.md 1.2), as objects that come to the webhook. */
import { randomUUID } from 'node:crypto';

export interface Canaries {
  /** A file that nobody must read. */
  readonly file: string;
  /** A port that nobody must connect to. */
  readonly port: number;
}

export interface Vector {
  readonly id: string;
  readonly what: string;
  /** `either`: taken as the harmless text that it is then, or refused. */
  readonly expected: 'refused' | 'either';
  readonly object: object;
}

interface Parts {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly type?: string;
  readonly host?: string;
  readonly tls?: readonly object[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

const PREFIX = 'nginx.ingress.kubernetes.io/';

function attack(id: string, what: string, expected: Vector['expected'], parts: Parts): Vector {
  const { annotations = {}, path = '/', type = 'ImplementationSpecific', metadata = {}, tls } = parts;
  const host = parts.host ?? `${id.toLowerCase()}-${randomUUID().slice(0, 8)}.test`;
  const backend = { service: { name: 'web', port: { number: 80 } } };
  return {
    id,
    what,
    expected,
    object: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: {
        name: `attack-${randomUUID().slice(0, 8)}`,
        namespace: 'default',
        uid: randomUUID(),
        creationTimestamp: '2026-01-01T00:00:00Z',
        annotations: Object.fromEntries(
          Object.entries(annotations).map(([name, value]) => [
            name.includes('/') ? name : `${PREFIX}${name}`,
            value,
          ]),
        ),
        ...metadata,
      },
      spec: {
        ingressClassName: 'nginx',
        ...(tls === undefined ? {} : { tls }),
        rules: [{ host, http: { paths: [{ path, pathType: type, backend }] } }],
      },
    },
  };
}

export function vectors({ file, port }: Canaries): readonly Vector[] {
  const directives = [
    `include ${file};`,
    `ssl_certificate ${file};`,
    `auth_basic_user_file ${file};`,
    `proxy_pass http://127.0.0.1:${port};`,
    `access_log ${file};`,
    `error_log ${file};`,
    `load_module ${file};`,
    `ssl_engine ${file};`,
    `content_by_lua_file ${file};`,
    `listen ${port};`,
  ];
  return [
    ...fileNames(),
    ...snippets(directives),
    ...paths(file, directives),
    ...annotationValues(directives),
    ...references(file, port),
    ...identities(file),
  ];
}

function fileNames(): readonly Vector[] {
  const auth = { 'auth-type': 'basic', 'auth-secret': 'x' };
  return [
    attack('S01', 'a-b/c', 'either', { annotations: auth, metadata: { namespace: 'a-b', name: 'c' } }),
    attack('S01', 'a/b-c', 'either', { annotations: auth, metadata: { namespace: 'a', name: 'b-c' } }),
  ];
}

function snippets(directives: readonly string[]): readonly Vector[] {
  const names = [
    'configuration-snippet',
    'server-snippet',
    'stream-snippet',
    'auth-snippet',
    'modsecurity-snippet',
    'custom.example.com/any-snippet',
  ];
  return names.map((name) =>
    attack('S02', name, 'refused', { annotations: { [name]: directives.join('\n') } }),
  );
}

function paths(file: string, directives: readonly string[]): readonly Vector[] {
  const regex = { 'use-regex': 'true' };
  const suspicious = [
    '/x/ {\n alias /var/run/secrets/kubernetes.io/serviceaccount/; } location ~* ^/y',
    '/x/ { alias /run/secrets/x/; } location /y',
    '/x/ { root /; } location /y',
    '/x_by_lua',
    '/etc/passwd',
    '/etc/nginx/x',
    '/etc/ingress-controller/x',
  ];
  return [
    ...suspicious.map((path) => attack('S03', path, 'refused', { path })),
    attack('S03', 'in a host', 'refused', { host: 'x{alias /;}' }),
    attack('S03', 'in a host of TLS', 'refused', { tls: [{ hosts: ['x{alias /;}'], secretName: 'x' }] }),
    attack('S03', 'in a secret of TLS', 'refused', {
      tls: [{ hosts: ['a.test'], secretName: '/etc/passwd' }],
    }),
    attack('S05', 'alias, comment, new line', 'refused', { path: 'alias #\n/lalala/1/;' }),
    ...directives.flatMap((text) => [
      attack('S06', `${text} in a path`, 'either', { path: `/x; ${text}` }),
      attack('S06', `${text} in a regular expression`, 'either', { path: `/x; ${text}`, annotations: regex }),
      attack('S06', `${text} in a Prefix`, 'refused', { path: `/x; ${text}`, type: 'Prefix' }),
      attack('S16', `${text} behind a quote`, 'either', { path: `/" { ${text} } location "/y` }),
      attack('S16', `${text} behind a backslash`, 'either', { path: `/\\" { ${text} } location "/y\\` }),
      attack('S16', `${text} behind a brace`, 'either', {
        path: `/ { ${text} } location /y`,
        annotations: regex,
      }),
      attack('S19', `${text} with a rewrite`, 'either', {
        path: `/a" /b break; ${text} #`,
        annotations: { 'rewrite-target': '/x' },
      }),
      attack('S20', `${text} on a new line`, 'refused', {
        path: `/a\n${text}\n`,
        annotations: { 'auth-url': 'http://a.test', 'auth-keepalive': '10' },
      }),
      attack('S20', `${text} on a new line alone`, 'refused', { path: `/a\n${text}\n` }),
    ]),
    attack('S16', 'server-alias', 'either', {
      annotations: { 'server-alias': `a" { include ${file}; } "\\` },
    }),
  ];
}

/** Annotations whose value goes into the file. */
const printed: Readonly<Record<string, string>> = {
  'rewrite-target': '/x',
  'x-forwarded-prefix': '/x',
  'proxy-body-size': '8m',
  'proxy-buffer-size': '8k',
  'proxy-buffers-number': '4',
  'proxy-buffering': 'on',
  'proxy-http-version': '1.1',
  'proxy-next-upstream': 'error',
  'proxy-read-timeout': '60',
  'client-body-buffer-size': '8k',
  'ssl-redirect': 'true',
  'use-regex': 'true',
};
const words = [
  'load_module',
  'lua_package',
  '_by_lua',
  'location',
  'root',
  'proxy_pass',
  'serviceaccount',
  '{',
  '}',
  "'",
  '\\',
];

function annotationValues(directives: readonly string[]): readonly Vector[] {
  const harmlessToAll: ReadonlySet<string> = new Set(words.filter((word) => /^\w+$/.test(word)));
  return Object.entries(printed).flatMap(([name, valid]) => [
    ...words.map((word) => {
      // A path may consist of such words.
      const fits = /target|prefix/.test(name) && harmlessToAll.has(word);
      return attack('S04', `${word} in ${name}`, fits ? 'either' : 'refused', {
        annotations: { [name]: `${valid}${word}` },
      });
    }),
    ...[`${valid};x`, `x;${valid}`, `${valid}\nx y`, `${valid}\r x;`].map((value) =>
      attack('S08', `${JSON.stringify(value)} in ${name}`, 'refused', { annotations: { [name]: value } }),
    ),
    ...directives.map((text) =>
      attack('S07', `${text} in ${name}`, 'refused', {
        annotations: { [name]: `${valid};}location ~* "^/f" {${text}}location ~* "^/g" {` },
      }),
    ),
  ]);
}

function references(file: string, port: number): readonly Vector[] {
  const url = `http://127.0.0.1:${port}`;
  const injected = `${url}/#;}}}\n\nssl_engine ${file};\n\n`;
  const untaken = (id: string, name: string, value: string) =>
    attack(id, `${name}: ${value}`, 'either', { annotations: { [name]: value } });
  return [
    untaken('S07', 'permanent-redirect', `https://a;}location ~* "^/f" {include ${file};}`),
    untaken('S07', 'temporal-redirect', `https://a;}location ~* "^/f" {include ${file};}`),
    untaken('S07', 'app-root', `/a;include ${file};`),
    untaken('S08', 'auth-tls-verify-client', `on; include ${file};`),
    attack('S09', 'auth-url', 'refused', { annotations: { 'auth-url': injected } }),
    ...[
      url,
      'http://localhost:10246/',
      'http://2130706433/',
      'http://0x7f.1/',
      'http://[::1]/',
      'http://$arg_x/',
    ].map((local) =>
      attack('S09', `auth-url of this machine: ${local}`, 'refused', { annotations: { 'auth-url': local } }),
    ),
    attack('S09', 'auth-url of cloud metadata', 'refused', {
      annotations: { 'auth-url': 'http://169.254.169.254/latest' },
    }),
    attack('S10', 'auth-tls-match-cn', 'refused', {
      annotations: {
        'auth-tls-secret': 'kube-system/cilium-ca',
        'auth-tls-match-cn': `CN=abc #(\n){}\n }}\nssl_engine ${file};\n#`,
      },
    }),
    untaken('S11', 'mirror-target', `http://a"; } } } load_module ${file}; #`),
    untaken('S11', 'mirror-target', `${url}$request_uri`),
    untaken('S11', 'mirror-host', `a"; } } } load_module ${file}; #`),
    untaken('S14', 'auth-proxy-set-headers', 'default/headers'),
    untaken('S14', 'custom-headers', 'other/headers'),
    untaken('S15', 'auth-method', `GET; include ${file};`),
    attack('S15', 'auth-method with auth-url', 'refused', {
      annotations: { 'auth-url': url, 'auth-method': `GET; include ${file};` },
    }),
    attack('S17', 'errors of an auth service', 'refused', {
      annotations: {
        'auth-url': url,
        'custom-http-errors': '401',
        'default-backend': 'web',
      },
    }),
    attack('S21', 'alias of an annotation', 'refused', {
      annotations: { 'whitelist-source-range': '10.0.0.0/8;' },
    }),
    untaken('S21', 'limit-whitelist', '10.0.0.0/8'),
  ];
}

function identities(file: string): readonly Vector[] {
  const uids = [
    `InjectTest#;\n\n}\n}\n}\nload_module ${file};`,
    'invalid_uid!@#$%',
    '12345-67890-xyz',
    '12345 67890',
    '',
    `urn:uuid:${randomUUID()}`,
    '../../../tmp/x',
  ];
  const auth = { 'auth-type': 'basic', 'auth-secret': 'x' };
  return [
    ...uids.map((uid) => attack('S11', `uid ${JSON.stringify(uid)}`, 'refused', { metadata: { uid } })),
    ...['../../../tmp/x', 'a/b', `a;include ${file};`, 'a\nb'].flatMap((text) => [
      attack('S13', `namespace ${text}`, 'refused', { annotations: auth, metadata: { namespace: text } }),
      attack('S13', `namespace ${text} without more`, 'refused', { metadata: { namespace: text } }),
      attack('S13', `name ${text}`, 'refused', { metadata: { name: text } }),
    ]),
    attack('S12', 'a file that a process holds', 'refused', {
      path: `/x\n}}}}ssl_engine /proc/1/fd/3;\n`,
    }),
  ];
}
