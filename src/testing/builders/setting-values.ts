/** Good values of keys of the ConfigMap, made for each kind of value: what one key takes, another of its kind takes as well. */
import fc from 'fast-check';
import { settingsTable } from '../../config/settings/table.ts';
import { logVariables } from '../../text/log-format.ts';

type Texts = fc.Arbitrary<string>;

const oneOf = (...texts: readonly string[]): Texts => fc.constantFrom(...texts);
const number = (min: number, max: number): Texts =>
  fc
    .oneof(
      fc.integer({ min, max }),
      fc.constantFrom(min, max),
      fc.integer({ min, max: Math.min(max, min + 100) }),
    )
    .map(String);
const joined = (item: Texts, separator: string, least = 0): Texts =>
  fc.uniqueArray(item, { minLength: least, maxLength: 5 }).map((items) => items.join(separator));

const headerName = oneOf('X-A', 'X-Powered-By', 'Via', 'CF-Connecting-IP', 'X-1', 'Server', 'x-lower');
const networks = joined(
  fc.oneof(
    fc.ipV4(),
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([address, bits]) => `${address}/${bits}`),
    oneOf('2001:db8::/32', '::1', '::/0', '0.0.0.0/0', 'fd00::1/128'),
  ),
  ',',
);
const mediaTypes = joined(oneOf('text/css', 'text/html', 'application/json', 'image/svg+xml', '*'), ' ', 1);
const bytes = (unit: string, most: number): Texts =>
  fc.integer({ min: 1, max: most }).map((size) => `${size}${unit}`);
const buffer = fc.oneof(
  bytes('', 70_000),
  bytes('k', 65_536),
  bytes('m', 64),
  bytes('K', 64),
  oneOf('1', '64m'),
);
const size = fc.oneof(buffer, oneOf('0', '0k', '999999999m', '1G', '3m'), bytes('g', 100_000));
const time = fc.tuple(number(0, 9_999_999), oneOf('ms', 's', 'm', 'h')).map((parts) => parts.join(''));
const patterns = joined(
  oneOf(
    'BadBot',
    '~*crawler/[0-9]+',
    '~^/static/(a|b)',
    'two words',
    String.raw`~\.php$`,
    '"quoted"',
    '~*(?:x){2,3}',
  ),
  ',',
);
const logTexts = (variables: readonly string[]): Texts =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom(...variables).map((name) => `$${name} `),
        fc.constantFrom(...variables).map((name) => `\${${name}}`),
        oneOf('"quoted"', "it's", String.raw`\t`, '{ "a": 1 }', ';', 'ä', '#'),
      ),
      { minLength: 1, maxLength: 200 },
    )
    .map((parts) => parts.join(''));
const logFile = oneOf('/tmp/tidegate-test.log', '/dev/stdout', '/dev/stderr', '');
const words = oneOf('off', '/inner/ /outer/', 'inner.test outer.test');

/** By the name of the kind, as the documentation has it. */
const kinds: readonly (readonly [name: RegExp, values: (match: RegExpExecArray) => Texts])[] = [
  [/^boolean$/, () => oneOf('true', 'false', '1', '0', 'T', 'False')],
  [/^boolean, or empty/, () => oneOf('true', 'false', '')],
  [/^integer from (-?\d+) to (\d+)$/, ([, least, most]) => number(Number(least), Number(most))],
  [
    /^integer from (\d+) to (\d+), or 0 /,
    ([, least, most]) => fc.oneof(number(Number(least), Number(most)), oneOf('0')),
  ],
  [
    /^number from 0 to 1$/,
    () =>
      fc.oneof(
        fc.float({ min: 0, max: 1, noNaN: true }).map((value) => value.toFixed(6)),
        oneOf('1', '0', '.5', '1e-3'),
      ),
  ],
  [
    /^list of (error \| [^,]*), /,
    ([, choices = '']) => joined(fc.constantFrom(...choices.split(' | ')), ' ', 1),
  ],
  [
    /^list of (SSLv2 \| [^,]*), /,
    ([, choices = '']) => joined(fc.constantFrom(...choices.split(' | ')), ' ', 1),
  ],
  [/^[^ ]+(?: \| [^ ]+)+$/, ([choices]) => fc.constantFrom(...choices.split(' | '))],
  [/^seconds$/, () => number(0, 9_999_999)],
  [/^size$/, () => size],
  [/^size from 1 byte to 64m$/, () => buffer],
  [/^size from 1 byte to 64m, or empty/, () => fc.oneof(buffer, oneOf(''))],
  [/^size from 64k to 1024m$/, () => oneOf('64k', '10m', '1024m', '65537')],
  [/^size from 256 to 1m$/, () => oneOf('256', '4k', '16k', '1m', '257')],
  [/^time with unit$/, () => time],
  [/^time, for example 10m$/, () => oneOf('10m', '0', '1h30m', '999d', '9999999s')],
  [
    /^list of text, for example/,
    () => joined(oneOf('/a', '/.well-known/acme-challenge', '/', 'x y', 'é', '"'), ','),
  ],
  [/^list of address or network/, () => networks],
  [/^list of address, /, () => joined(oneOf('127.0.0.1', '127.0.0.2', '::1'), ',')],
  [/^list of IPv4 addresses$/, () => joined(oneOf('127.0.0.1', '127.0.0.3'), ',')],
  [/^list of IPv6 addresses$/, () => joined(oneOf('::1', '[::1]'), ',')],
  [/^list of header names?, /, () => joined(headerName, ',')],
  [/^header name$/, () => headerName],
  [/^parameter name, /, () => oneOf('rd', 'next_url', 'a.b~c-1')],
  [
    /^nginx variables, /,
    () => oneOf('$binary_remote_addr', '$http_x_user', '$host:$server_name', 'x$geoip2_city_country_code'),
  ],
  [
    /^URL with a scheme and a host$/,
    () =>
      oneOf(
        'http://auth.test/check',
        'https://127.0.0.1:8443',
        'http://a.test/x?y=$host&z=1',
        'http://$host/in',
      ),
  ],
  [/^URL$/, () => oneOf('http://a.test/x', '$request_uri', '/x?y=$arg_z')],
  [
    /^text with variables, /,
    () => oneOf('$remote_user$http_authorization', '$cookie_session', 'x-${host}', 'fixed'),
  ],
  [/^list of codes and a time, /, () => oneOf('200 202 401 5m', '200 5m,401 30s', '5m', '500 0s', '200 1y')],
  [/^number and size, /, () => oneOf('4 8k', '1 1k', '999 99999k', '8 9m', '2 512')],
  [/^list of media type, /, () => mediaTypes],
  [/^media type$/, () => oneOf('text/html', 'application/octet-stream', 'a/b', '*')],
  [/^list of text, or a regular expression/, () => patterns],
  [/^namespace\/name of a ConfigMap/, () => oneOf('default/headers', 'default/missing', '')],
  [/^namespace\/name$/, () => oneOf('default/dh', 'default/missing', '')],
  [/^status codes from 300 to 599/, () => joined(oneOf('404', '503', '300', '599'), ',')],
  [/^path in \/var\/log or \/tmp/, () => logFile],
  [
    /^list of buffer=/,
    () => oneOf('buffer=16k', 'gzip', 'gzip=9 flush=1m', 'buffer=1 flush=10ms', 'gzip buffer=999999k', ''),
  ],
  [/^text with nginx variables$/, () => logTexts([...logVariables, 'http_user_agent', 'sent_http_etag'])],
  [/^text with nginx variables, or empty$/, () => oneOf('', 'HTTP $request_method $uri', '${host}=fixed')],
  [/^host name or address$/, () => oneOf('logs.test', '10.0.0.1', '::1', '[2001:db8::1]', '')],
  [/^name or address of a host, or empty$/, () => oneOf('otel.test', '10.0.0.1', '::1', '')],
  [
    /^OpenSSL cipher list, or empty/,
    () => oneOf('', 'HIGH:!aNULL:!MD5', 'ECDHE-RSA-AES128-GCM-SHA256', 'DEFAULT@SECLEVEL=1', 'ALL'),
  ],
  [
    /^auto, or integer from (\d+) to (\d+)$/,
    ([, least, most]) => fc.oneof(number(Number(least), Number(most)), oneOf('auto')),
  ],
  [/^auto, or a list of X25519/, () => oneOf('auto', 'X25519', 'secp384r1:prime256v1', 'P-521:X448:X25519')],
  [
    /^base64 of 48 or 80 bytes$/,
    () => fc.constantFrom(48, 80, 0).map((length) => Buffer.alloc(length, 7).toString('base64')),
  ],
  [/^auto, or masks of CPUs/, () => oneOf('', 'auto', 'auto 11', '01 10', '1')],
  [
    /^list of name and size, /,
    () =>
      joined(
        oneOf('mine: 5', 'small:64k', 'large: 200M', 'balancer_ewma: 1m', 'certificate_data:30m', 'odd:65k'),
        ', ',
      ),
  ],
  [
    /^regular expression, or "msie6"$/,
    () => oneOf('msie6', '', String.raw`MSIE [4-6]\.`, '(?:old|new)+bot "x"'),
  ],
  [/^two words, or off$/, () => words],
  [/^word or URL$/, () => oneOf('off', 'default', 'http://inner.test/', '/')],
  [
    /^rules of ModSecurity$/,
    () => oneOf('', 'SecRuleEngine On', String.raw`SecRule ARGS "@contains 'x'" "id:9,deny,msg:\"it's\""`),
  ],
  [/^path$/, () => oneOf('/etc/nginx/otel.toml')],
  [/^letters, digits, blanks and/, () => oneOf('nginx', 'my service', 'a:b@c')],
  [/^text$/, () => oneOf('', '/app', '$request_uri', 'x; y')],
];

const streamVariables = ['remote_addr', 'status', 'protocol', 'bytes_sent', 'session_time', 'upstream_addr'];
const snippets = (text: string): Texts => oneOf('', text, `# only this\n${text}`);

/** Of keys that take less than others of their kind. */
const own: Readonly<Record<string, Texts>> = {
  'log-format-stream': logTexts(streamVariables),
  'main-snippet': snippets('timer_resolution 100ms;'),
  'http-snippet': snippets('map $uri $of_http { default "a{b"; }'),
  'stream-snippet': snippets('map $remote_addr $of_stream { default 1; }'),
  'server-snippet': snippets('set $of_server 1;\nlocation = /own { return 204; }'),
  'location-snippet': snippets('more_set_headers "X-Location: 1";'),
  'global-auth-snippet': snippets('proxy_set_header X-Auth 1;'),
  // nginx looks names up when it reads the file.
  'syslog-host': oneOf('10.0.0.1', '::1', '[2001:db8::1]', ''),
  // Stricter levels would leave Ingresses out.
  'annotations-risk-level': oneOf('Critical', 'High'),
};

export interface KeyValues {
  readonly key: string;
  /** Null: nobody has said how values of this kind are made. */
  readonly values: Texts | null;
}

export const keyValues: readonly KeyValues[] = Object.values(settingsTable).map(({ key, type }) => ({
  key,
  values: own[key] ?? valuesOfKind(type.name),
}));

function valuesOfKind(name: string): Texts | null {
  for (const [pattern, values] of kinds) {
    const match = pattern.exec(name);
    if (match !== null) return values(match);
  }
  return null;
}

/** Any keys, each with a good value. */
export const settingsData: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .record(
    Object.fromEntries(keyValues.flatMap(({ key, values }) => (values === null ? [] : [[key, values]]))),
    { requiredKeys: [] },
  )
  .map((data) =>
    Object.fromEntries(
      Object.entries(data).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    ),
  );
