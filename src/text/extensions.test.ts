import { expect } from 'chai';
import { requestHeaderLines, responseHeaderLines } from './header-lines.ts';
import { rateLimits } from './rate-limits.ts';
import { redirectLines } from './redirect-lines.ts';
import type { ValueType } from './values.ts';

type Row = readonly [text: string, value: unknown];
type Bad = readonly [text: string, reason: RegExp];

function table(name: string, type: ValueType<unknown>, good: readonly Row[], bad: readonly Bad[]): void {
  describe(name, () => {
    for (const [text, value] of good) {
      it(`takes ${JSON.stringify(text)}`, () => {
        expect(type.parse(text)).to.deep.equal({ ok: true, value });
      });
    }
    for (const [text, reason] of bad) {
      it(`refuses ${JSON.stringify(text.slice(0, 80))}`, () => {
        const parsed = type.parse(text);
        expect(parsed.ok).to.equal(false);
        expect(parsed.ok ? '' : parsed.reason).to.match(reason);
      });
    }
  });
}

const limit = (key: string, count: number, seconds: number, burst: number) => ({
  key,
  count,
  seconds,
  burst,
});

table(
  'lines of rate-limits',
  rateLimits,
  [
    ['key=$http_x_api_key rate=10r/s burst=20', [limit('$http_x_api_key', 10, 1, 20)]],
    ['rate=1r/h key=$remote_addr', [limit('$remote_addr', 1, 3600, 1)]],
    [
      'key=${http_a}|$http_b rate=5r/m\n\n  key=$host  rate=1000000r/s burst=1',
      [limit('${http_a}|$http_b', 5, 60, 5), limit('$host', 1_000_000, 1, 1)],
    ],
  ],
  [
    ['', /holds no line/],
    ['key=$host', /line 1, which has no rate/],
    ['key=$host rate=1r/s\nrate=1r/s', /line 2, which has no key with a variable/],
    ['key=fixed rate=1r/s', /no key with a variable/],
    ['key=$nobody rate=1r/s', /"\$nobody"/],
    ['key=$host rate=0r/s', /no rate of 1 to/],
    ['key=$host rate=1000001r/s', /no rate of 1 to/],
    ['key=$host rate=1r/d', /no rate/],
    ['key=$host rate=1r/s burst=0', /burst/],
    ['key=$host rate=1r/s rate=2r/s', /says "rate" twice/],
    ['key=$host rate=1r/s delay=1', /holds "delay=1"/],
    ['key=$host rate=1r/s\n'.repeat(6), /has 6 lines; 5 at most/],
  ],
);

table(
  'lines of request-headers',
  requestHeaderLines,
  [
    [
      'set X-A: b c; "d"\nadd X_B:$http_x_b\nremove X-C\nadd x_b: 2',
      [
        { kind: 'set', name: 'X-A', value: 'b c; "d"' },
        { kind: 'add', name: 'X_B', value: '$http_x_b' },
        { kind: 'remove', name: 'X-C' },
        { kind: 'add', name: 'x_b', value: '2' },
      ],
    ],
  ],
  [
    ['X-A: b', /line 1, which is none of the three/],
    ['set X-A', /none of the three/],
    ['set X-A:', /none of the three/],
    ['remove X-A: b', /none of the three/],
    ['set X-A: b\nremove x-a', /names "x-a" in two lines/],
    ['set X-A: b\nset X-A: c', /in two lines/],
    ['set X A: b', /none of the three/],
    ['set -X: b', /no name of a header/],
    ['set X.A: b', /no name of a header/],
    ['set X-A: $uri', /decoded/],
    ['set X-A: ${uri}x', /decoded/],
    ['set X-A: $1', /decoded/],
    ['set X-A: $nobody', /"\$nobody"/],
    ['set X-A: a\\b', /backslash/],
    ['set X-A: ä', /ASCII/],
    ['set X-A: b\rX-B: c', /line 1, which contains a control character/],
    [`set X-A: ${'b'.repeat(4000)}`, /too long/],
    ...'Host content-length Transfer_Encoding Connection X-Forwarded-For x_forwarded_proto X-Real-IP ssl-client-verify Proxy traceparent X-Original-URI Upgrade'
      .split(' ')
      .flatMap((name): readonly Bad[] => [
        [`set ${name}: x`, /not to be changed/],
        [`remove ${name}`, /not to be changed/],
      ]),
  ],
);

table(
  'lines of response-headers',
  responseHeaderLines,
  [['remove X-Powered-By', [{ kind: 'remove', name: 'X-Powered-By' }]]],
  'Content-Length Transfer-Encoding connection Strict-Transport-Security X-Accel-Redirect Trailer Server'
    .split(' ')
    .map((name): Bad => [`add ${name}: x`, /not to be changed/]),
);

const redirect = (from: string, to: string, others: object = {}) => [
  { match: 'path', from, to, code: 301, when: null, ...others },
];

table(
  'lines of redirects',
  redirectLines,
  [
    ['/old /new 301', redirect('/old', '/new')],
    ['/old https://a.test:8443/x?y=z#w 301', redirect('/old', 'https://a.test:8443/x?y=z#w')],
    ['/old https://$host$request_uri 301', redirect('/old', 'https://$host$request_uri')],
    [
      '~^/a/(\\d+)/(.*)$  /b/$2/$1$is_args$args  307',
      redirect('^/a/(\\d+)/(.*)$', '/b/$2/$1$is_args$args', { match: 'regex', code: 307 }),
    ],
    ['~*^/A$ /b 301', redirect('^/A$', '/b', { match: 'regex-any-case' })],
    ['/a /b 301 if header X-Beta', redirect('/a', '/b', { when: { variable: 'http_x_beta', value: null } })],
    [
      '/a /b 301 if cookie beta=yes',
      redirect('/a', '/b', { when: { variable: 'cookie_beta', value: 'yes' } }),
    ],
    ['/a /a 301 if query lang = de', redirect('/a', '/a', { when: { variable: 'arg_lang', value: 'de' } })],
  ],
  [
    ['/a', /line 1, which has no status/],
    ['/a /b', /no status/],
    ['/a /b 200', /no status/],
    ['/a /b 301\n/a /b 300', /line 2, which has no status/],
    ['a /b 301', /no path/],
    ['/a /a 301', /redirects to itself/],
    ['~( /b 301', /not a regular expression/],
    ['~(a+)+$ /b 301', /holds an expression that/],
    ['~ /b 301', /is empty/],
    ['/a b 301', /no target/],
    ['/a //evil.test/ 301', /no target/],
    ['/a $request_uri 301', /no target/],
    ['/a ftp://a.test/ 301', /no target/],
    ['/a https://$http_x/ 301', /no target/],
    ['/a https://a.test$1 301', /no target/],
    ['/a https://a.test@evil.test/ 301', /no target/],
    ['/a /$uri 301', /uses "\$uri"/],
    ['/a /$1 301', /uses "\$1"/],
    ['~^/(a) /$2 301', /uses "\$2"/],
    ['/a /b"c 301', /no target/],
    ['/a /b 301 if', /no condition/],
    ['/a /b 301 if host a.test', /no condition/],
    ['/a /b 301 unless header X', /no condition/],
    ['/a /b 301 if cookie a-b', /letters, digits/],
    ['/a /b 301\n'.repeat(21), /has 21 lines; 20 at most/],
    [`/${'a'.repeat(300)} /b 301\n`.repeat(19), /too long in all/],
  ],
);
