import { expect } from 'chai';
import { annotationEntries } from '../graph/annotations/read.ts';
import { settingsTable } from '../config/settings/table.ts';
import { adviceOn } from './snippets.ts';

const rows: readonly (readonly [text: string, directive: string, instead: string | null])[] = [
  ['more_set_headers "X-A: b c";', 'more_set_headers', 'response-headers: "set X-A: b c"'],
  ['more_set_headers "X-A:";', 'more_set_headers', 'response-headers: "remove X-A"'],
  ['more_set_headers -s 404 "X-A: b";', 'more_set_headers', null],
  ['more_clear_headers Server;', 'more_clear_headers', 'response-headers: "remove Server"'],
  ['add_header X-A b always;', 'add_header', 'response-headers: "add X-A: b"'],
  ['proxy_set_header X-A $host;', 'proxy_set_header', 'request-headers: "set X-A: $host"'],
  ['proxy_set_header X-A "";', 'proxy_set_header', 'request-headers: "remove X-A"'],
  ['more_set_input_headers "X-A: b";', 'more_set_input_headers', 'request-headers: "set X-A: b"'],
  ['return 301 https://a.test/;', 'return', 'permanent-redirect: "https://a.test/"'],
  [
    'return 308 https://a.test/;',
    'return',
    'permanent-redirect: "https://a.test/", permanent-redirect-code: "308"',
  ],
  ['return 302 /x;', 'return', 'temporal-redirect: "/x"'],
  ['return 307 /x;', 'return', 'temporal-redirect: "/x", temporal-redirect-code: "307"'],
  ['return 403;', 'return', null],
  ['rewrite ^/a$ /b permanent;', 'rewrite', 'redirects: a line for the path ^/a$, to /b'],
  [
    'rewrite ^/a/(.*) /$1 break;',
    'rewrite',
    'rewrite-target: "/$1", with the path "/a/(.*)" and use-regex: "true"',
  ],
  ['client_max_body_size 8m;', 'client_max_body_size', 'proxy-body-size: "8m"'],
  ['proxy_buffers 8 16k;', 'proxy_buffers', 'proxy-buffers-number: "8"'],
  ['limit_rate 100k;', 'limit_rate', 'limit-rate: "100" (kilobytes)'],
  ['access_log off;', 'access_log', 'enable-access-log: "false"'],
  ['access_log /var/log/a.log;', 'access_log', null],
  ['deny 10.0.0.0/8;', 'deny', 'denylist-source-range: "10.0.0.0/8"'],
  ['deny all;', 'deny', 'whitelist-source-range, with all that are allowed'],
  ['sub_filter a b;', 'sub_filter', null],
];

describe('advice on snippets', () => {
  for (const [text, directive, instead] of rows)
    it(`${text} -> ${instead}`, () =>
      expect(adviceOn('configuration-snippet', text)).to.deep.equal([
        { annotation: 'configuration-snippet', directive, instead },
      ]));

  it('looks into blocks, and takes conditions for what they are', () => {
    const text = `if ($request_method = POST) { more_set_headers "A: b"; return 302 /x; }
location /y { client_max_body_size 1m; }`;
    expect(
      adviceOn('server-snippet', text).map(({ directive, instead }) => [directive, instead]),
    ).to.deep.equal([
      ['if', null],
      ['more_set_headers', null],
      ['return', 'redirects: a line that ends with "if" and the condition, where it leads elsewhere'],
      ['location', null],
      ['client_max_body_size', 'proxy-body-size: "1m"'],
    ]);
  });

  it('says nothing about text that is no configuration', () =>
    expect(adviceOn('server-snippet', 'a { b')).to.deep.equal([]));

  it('names annotations and keys that there are', () => {
    const known = new Set([
      ...annotationEntries.flatMap(({ name, aliases = [] }) => [name, ...aliases]),
      ...Object.values(settingsTable).map(({ key }) => key),
    ]);
    const named = rows.flatMap(([, , instead]) => /^[a-z-]+/.exec(instead ?? '') ?? []);
    expect(named.filter((name) => !known.has(name))).to.deep.equal([]);
    expect(named.length).to.be.greaterThan(15);
  });
});
