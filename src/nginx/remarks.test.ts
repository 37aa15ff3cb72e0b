/** What scripts look for and nginx does in another way (compat/nginx-conf.md section 3), in the words that they look for. */
import { expect } from 'chai';
import { configMap, ingress, ingressClass, service, slice } from '../testing/builders/objects.ts';
import type { IngressSpec } from '../testing/builders/objects.ts';
import { environment } from '../testing/builders/environment.ts';
import { render } from '../testing/builders/render.ts';
import type { Environment } from './environment.ts';
import { parseConfig } from '../text/lexer.ts';
import { imageLayout } from './layout.ts';
import { printPattern, printRemark } from './templates.ts';

type Data = Readonly<Record<string, string>>;

interface Case {
  readonly annotations?: Data;
  readonly settings?: Data;
  readonly host?: string;
  readonly paths?: IngressSpec['paths'];
  readonly environment?: Partial<Environment>;
}

const collapse = (text: string) => text.replaceAll(/\s+/g, ' ');

async function textsOf({ annotations = {}, settings = {}, host = 'auth', paths, ...rest }: Case) {
  const objects = [
    ingressClass(),
    service(),
    slice(),
    ingress({ host, annotations, ...(paths === undefined ? {} : { paths }) }),
    configMap(settings),
  ];
  const layout = imageLayout();
  const { text } = await render(objects, { environment: environment({ layout, ...rest.environment }) });
  const [, server = ''] = text.split(new RegExp(`## (?:start|end) server ${host}\n`));
  const [, fallback = ''] = text.split(/## (?:start|end) server _\n/);
  return { file: collapse(text), server: collapse(server), fallback: collapse(fallback) };
}

type Place = 'file' | 'server' | 'fallback';
type Row = readonly [name: string, place: Place, given: Case, there: readonly string[]];

const cors = { 'enable-cors': 'true' };
const keeps = { 'auth-url': 'http://foo.bar.baz:5000/path', 'auth-keepalive': '123' };
const withoutHttp2 = { 'use-http2': 'false' };
const snippets = { 'allow-snippet-annotations': 'true', 'annotations-risk-level': 'Critical' };
const shows = { 'configuration-snippet': 'more_set_headers "X-Backend: $proxy_host";' };

/** All of it is missing without what is given, but for the row whose name begins with "always". */
const rows: readonly Row[] = [
  [
    'the ConfigMap changes what locations inherit',
    'server',
    {
      settings: {
        'proxy-connect-timeout': '50',
        'proxy-send-timeout': '20',
        'proxy-read-timeout': '21',
        'proxy-body-size': '8m',
        'proxy-buffering': 'on',
        'proxy-buffer-size': '8k',
        'proxy-buffers-number': '8',
        'proxy-max-temp-file-size': '512m',
        'proxy-request-buffering': 'off',
        'proxy-http-version': '1.0',
        'proxy-cookie-domain': 'localhost example.org',
        'proxy-cookie-path': '/one/ /',
        'proxy-next-upstream': 'timeout http_502',
        'proxy-next-upstream-timeout': '999999',
        'proxy-next-upstream-tries': '888888',
      },
    },
    [
      'proxy_connect_timeout 50s;',
      'proxy_send_timeout 20s;',
      'proxy_read_timeout 21s;',
      'client_max_body_size 8m;',
      'proxy_buffering on;',
      'proxy_buffer_size 8k;',
      'proxy_buffers 8 8k;',
      'proxy_max_temp_file_size 512m;',
      'proxy_request_buffering off;',
      'proxy_http_version 1.0;',
      'proxy_cookie_domain localhost example.org;',
      'proxy_cookie_path /one/ /;',
      'proxy_next_upstream timeout http_502;',
      'proxy_next_upstream_timeout 999999;',
      'proxy_next_upstream_tries 888888;',
    ],
  ],
  ['always: the scheme', 'server', {}, ['proxy_set_header X-Forwarded-Proto $pass_access_scheme;']],
  [
    'CORS, for everybody',
    'server',
    { annotations: { ...cors, 'cors-expose-headers': 'X-One, X-Two' } },
    [
      'set $http_origin *;',
      "set $cors 'true';",
      "more_set_headers 'Access-Control-Allow-Origin: $http_origin';",
      "more_set_headers 'Access-Control-Allow-Credentials: true';",
      "more_set_headers 'Access-Control-Allow-Methods: GET, PUT, POST, DELETE, PATCH, OPTIONS';",
      "more_set_headers 'Access-Control-Allow-Headers: DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization';",
      "more_set_headers 'Access-Control-Expose-Headers: X-One, X-Two';",
      "more_set_headers 'Access-Control-Max-Age: 1728000';",
    ],
  ],
  [
    'an authentication service whose connections are kept',
    'server',
    { annotations: keeps, settings: withoutHttp2 },
    ['upstream auth-external-auth-', 'set $auth_keepalive_share_vars false;'],
  ],
  [
    'such connections, with variables',
    'server',
    { annotations: { ...keeps, 'auth-keepalive-share-vars': 'true' }, settings: withoutHttp2 },
    ['set $auth_keepalive_share_vars true;'],
  ],
  [
    'headers of an answer of an authentication service',
    'server',
    { annotations: { 'auth-url': 'http://a.test/', 'auth-response-headers': 'Foo' } },
    ["proxy_set_header 'Foo' $authHeader0;", 'auth_request_set $authHeader0 $upstream_http_foo;'],
  ],
  [
    'an authentication service',
    'server',
    { annotations: { 'auth-url': 'http://foo.bar.baz:5000/path' } },
    [
      'auth_request /_external-auth-',
      'location = /_external-auth-',
      'proxy_set_header Host foo.bar.baz;',
      'proxy_set_header X-Auth-Request-Redirect $request_uri;',
      'set $target http://foo.bar.baz:5000/path;',
    ],
  ],
  [
    'copies for an address that is refused',
    'server',
    { annotations: { 'mirror-target': 'http://localhost/mirror', 'mirror-request-body': 'off' } },
    ['mirror "/_mirror-Ingress-default-web";', 'mirror_request_body off;'],
  ],
  [
    'a rewrite',
    'server',
    { annotations: { 'rewrite-target': '/bar' }, paths: [{ path: '/foo', type: 'ImplementationSpecific' }] },
    ['rewrite "(?i)/foo" /bar break;'],
  ],
  [
    'always: paths of the image',
    'file',
    {},
    [
      'pid /tmp/nginx/nginx.pid;',
      'ssl_certificate /etc/ingress-controller/ssl/default-fake-certificate.pem;',
    ],
  ],
  [
    'a bad URL of an authentication service',
    'server',
    { annotations: { 'auth-url': 'https://invalid..auth.url' } },
    [
      '# Location denied. Reason: "could not parse auth-url annotation: invalid url host" return 503;',
      'return 503;',
    ],
  ],
  [
    'another bad value that closes',
    'server',
    { annotations: { 'allowlist-source-range': 'nowhere' } },
    ['# Location denied. Reason: "annotation allowlist-source-range contains invalid value"'],
  ],
  [
    'a snippet that asks for the backend',
    'server',
    { annotations: shows, settings: snippets },
    ['set $proxy_host $proxy_upstream_name;'],
  ],
  [
    'a log that asks for the backend',
    'server',
    { settings: { 'log-format-upstream': '$proxy_host' } },
    ['set $proxy_host $proxy_upstream_name;'],
  ],
  ['always: the log of streams', 'file', {}, ['access_log /var/log/nginx/access.log log_stream;']],
  [
    'the log of streams in another file',
    'file',
    { settings: { 'stream-access-log-path': '/tmp/nginx/stream.log' } },
    ['access_log /tmp/nginx/stream.log log_stream;'],
  ],
  ['always: the header Server', 'file', {}, ['server_tokens off;', 'more_clear_headers Server;']],
  [
    'a type that is compressed anyway',
    'file',
    { settings: { 'use-gzip': 'true', 'gzip-types': 'text/html' } },
    ['gzip_types text/html;'],
  ],
  [
    'patterns of blocks',
    'file',
    {
      settings: {
        'block-user-agents': String.raw`~*chrome\/68\.0\.3440\.106\ safari\/537\.36,AlphaBot`,
        'block-referers': String.raw`~*example\.com,qwerty`,
      },
    },
    [
      String.raw`~*chrome\/68\.0\.3440\.106\ safari\/537\.36 1;`,
      'AlphaBot 1;',
      String.raw`~*example\.com 1;`,
      'qwerty 1;',
    ],
  ],
  [
    'a key for tickets',
    'file',
    {
      settings: {
        'ssl-session-tickets': 'true',
        'ssl-session-ticket-key': Buffer.alloc(48, 7).toString('base64'),
      },
    },
    ['ssl_session_tickets on;', 'ssl_session_ticket_key /etc/ingress-controller/tickets.key;'],
  ],
  [
    'versions of TLS',
    'file',
    { settings: { 'ssl-protocols': 'TLSv1.1 TLSv1.2 TLSv1.3' } },
    ['ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;'],
  ],
  [
    'sizes of shared memory',
    'file',
    {
      settings: {
        'lua-shared-dicts': 'configuration_data:60,certificate_data:300, my_dict: 15 , invalid: 1a',
      },
    },
    ['lua_shared_dict configuration_data 60M;', 'lua_shared_dict my_dict 15M;'],
  ],
  ['passthrough', 'fallback', { environment: { passthrough: true } }, ['listen 442 proxy_protocol ssl;']],
];

describe('text that scripts look for', () => {
  for (const [name, place, given, wanted] of rows) {
    it(name, async () => {
      const [with_, without] = [(await textsOf(given))[place], (await textsOf({}))[place]];
      for (const words of wanted) {
        expect(with_).to.include(words);
        if (!name.startsWith('always')) expect(without).to.not.include(words);
      }
    });
  }

  it('nothing of what is not so', async () => {
    const { server } = await textsOf({ annotations: { ...cors, 'cors-allow-credentials': 'false' } });
    expect(server).to.not.include("Allow-Credentials: true'");
    expect((await textsOf({ annotations: keeps })).file).to.not.include('upstream auth-external-auth');
    expect((await textsOf({ settings: { 'server-tokens': 'true' } })).file).to.not.include('more_clear');
    const quiet = await textsOf({ settings: { 'disable-stream-access-log': 'true' } });
    expect(quiet.file).to.not.include('log_stream;');
    expect(quiet.file).to.include('for which it would be: access_log off;');
  });

  it('a server says of the ConfigMap only what differs from the usual', async () => {
    const { server } = await textsOf({});
    expect(server).to.not.match(/proxy_(?!set_header|upstream_name|pass)|client_max/);
  });

  it('nobody who looks for the first location finds the word before it', async () => {
    const settings = { ...withoutHttp2, 'proxy-connect-timeout': '50' };
    const { server } = await textsOf({ annotations: keeps, settings, environment: { passthrough: true } });
    expect(server.slice(0, server.indexOf('location = '))).to.not.include('location');
  });

  it('a check of the webhook has no remarks', async () => {
    const { file } = await textsOf({ environment: { purpose: 'check' }, settings: withoutHttp2 });
    expect(file).to.not.match(/From http|What Lua does/);
  });

  it('a comment is one line', () => {
    expect(printRemark('a; b { }')).to.equal('# a; b { }');
    for (const text of ['a\nb', 'a\rb', 'a\u0000', 'a\u2028b'])
      expect(() => printRemark(text), JSON.stringify(text)).to.throw('as a comment');
  });

  const printed: readonly (readonly [value: string, text: string])[] = [
    ['AlphaBot', 'AlphaBot'],
    ['~*a$', '~*a$'],
    [String.raw`~\d+\.`, String.raw`~\d+\.`],
    [String.raw`~a\tb`, String.raw`"~a\\tb"`],
    [String.raw`~a\\ b`, String.raw`"~a\\\\ b"`],
    ['two words', '"two words"'],
    ['a;b', '"a;b"'],
    ['${a}', '"${a}"'],
    ['~a{2}', '"~a{2}"'],
    ['#a', '"#a"'],
    [`'a'`, `"'a'"`],
    ['', '""'],
  ];
  for (const [value, text] of printed) {
    it(`a pattern ${JSON.stringify(value)} is printed as ${text}, and read as it was`, () => {
      expect(printPattern(value)).to.equal(text);
      expect(parseConfig(`${printPattern(value)} 1;`)[0]?.name).to.equal(value);
    });
  }
});
