import { expect } from 'chai';
import { logFormat, printLogFormat } from './log-format.ts';
import { logHost, logParams, logPath } from './log-path.ts';

const parsed = (text: string) => {
  const result = logFormat.parse(text);
  return result.ok ? result.value : result.reason;
};

describe('formats of logs', () => {
  for (const [text, plain] of [
    ['$remote_addr - "$request"', '$remote_addr - "$request"'],
    [String.raw`a\tb\n\"\'\\c\d`, `a\tb\n"'\\c\\d`],
    ["it's $status", "it's $status"],
    ['${status}x', '${status}x'],
    [
      '$http_x_y $sent_http_z $upstream_http_q $cookie_A $arg_b',
      '$http_x_y $sent_http_z $upstream_http_q $cookie_A $arg_b',
    ],
    ['{ "🙂": "$status" }', '{ "🙂": "$status" }'],
    ['a\n  b', 'a\n  b'],
  ] as const) {
    it(`are ${JSON.stringify(text)}`, () => {
      expect(parsed(text)).to.deep.equal({ pieces: [plain], unknown: [] });
    });
  }

  it('name variables that nginx may not have', () => {
    expect(parsed('$nobody $status $nobody ${geoip2_city}')).to.deep.include({
      unknown: ['nobody', 'geoip2_city'],
    });
  });

  for (const [text, reason] of [
    ['', /empty/],
    ['5 $', /begins no variable/],
    ['$-', /begins no variable/],
    ['${status', /begins no variable/],
    ['a\u0000b', /control/],
    ['x'.repeat(20_000), /too long/],
  ] as const) {
    it(`are not ${JSON.stringify(text.slice(0, 20))}`, () => {
      expect(parsed(text)).to.match(reason);
    });
  }

  it('are cut into pieces, but no variable is', () => {
    const text = '$remote_addr\\\\'.repeat(300);
    const value = parsed(text);
    const pieces = typeof value === 'string' ? [] : value.pieces;
    expect(pieces.length).to.be.above(3);
    expect(pieces.join('')).to.equal('$remote_addr\\'.repeat(300));
    for (const piece of pieces) {
      expect(Buffer.byteLength(printLogFormat(piece))).to.be.at.most(1002);
      expect(piece).to.match(/^[$\\].*(?:addr|\\)$/);
    }
  });

  it('are printed in single quotes', () => {
    expect(printLogFormat(`a'b\\c\td\n"`)).to.equal(String.raw`'a\'b\\c\td\n"'`);
  });
});

describe('places of logs', () => {
  const path = logPath(['/var/log/nginx/access.log']);
  for (const text of [
    '/var/log/x.log',
    '/tmp/nginx/access.log',
    '/var/log/a/b-c_d.1.log',
    '/dev/stdout',
    '/dev/stderr',
  ])
    it(`are ${text}`, () => expect(path.parse(text)).to.deep.equal({ ok: true, value: text }));
  for (const text of ['', '/var/log/nginx/access.log'])
    it(`are as usual for ${JSON.stringify(text)}`, () =>
      expect(path.parse(text)).to.deep.equal({ ok: true, value: null }));
  for (const text of [
    '/etc/nginx/nginx.conf',
    '/etc/x.log',
    '/tmp/nginx/nginx.pid',
    '/tmp/../etc/x.log',
    '/tmp/.x/y.log',
    '/var/log/',
    '/var/log/$host.log',
    '/var/log/a b.log',
    'x.log',
    'syslog:server=x',
    '/dev/sda',
    '/tmp/x.log;',
  ])
    it(`are not ${text}`, () => expect(path.parse(text).ok).to.equal(false));

  for (const [text, good] of [
    ['', true],
    ['buffer=16k  flush=1m', true],
    ['gzip', true],
    ['gzip=9 flush=50ms', true],
    ['flush=1m', false],
    ['buffer=16k buffer=32k', false],
    ['if=$x', false],
    ['buffer=0', false],
    ['buffer=1m', false],
    ['x', false],
  ] as const)
    it(`${good ? 'take' : 'do not take'} ${JSON.stringify(text)}`, () =>
      expect(logParams.parse(text).ok).to.equal(good));

  for (const [text, host] of [
    ['', null],
    ['logs.example.com', 'logs.example.com'],
    ['10.0.0.1', '10.0.0.1'],
    ['2001:db8::1', '[2001:db8::1]'],
    ['[::1]', '[::1]'],
  ] as const)
    it(`on ${JSON.stringify(text)}`, () =>
      expect(logHost.parse(text)).to.deep.equal({ ok: true, value: host }));
  for (const text of ['a b', 'a:1', 'a;', '-a', 'unix:/x'])
    it(`not on ${text}`, () => expect(logHost.parse(text).ok).to.equal(false));
});
