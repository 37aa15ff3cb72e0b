import { expect } from 'chai';
import fc from 'fast-check';
import { parseConfig } from './lexer.ts';
import {
  parseExpression,
  parseHostName,
  parseLiteral,
  parseSeconds,
  parseSize,
  parseToken,
  quote,
  quoteWithoutVariables,
  seconds,
} from './safe.ts';

const hostile: readonly (readonly [string, string])[] = [
  ['a line feed', 'a\nb'],
  ['a carriage return', 'a\rb'],
  ['NUL', 'a\0b'],
  ['DEL', 'a\u007fb'],
  ['a C1 control', 'a\u0085b'],
  ['a line separator', 'a\u2028b'],
  ['a bidirectional override', 'a\u202eb'],
  ['a lone surrogate', 'a\ud800b'],
];

describe('parseLiteral', () => {
  for (const [what, text] of hostile) {
    it(`refuses ${what}`, () => expect(parseLiteral(text)).to.have.property('ok', false));
  }

  it('takes everything else, whatever it means to nginx', () => {
    for (const text of ['', 'a b', ';', '{}', '#', '"', "'", '\\', '$host', 'Grüße', '日本語']) {
      expect(parseLiteral(text), text).to.deep.equal({ ok: true, value: text });
    }
  });

  it('refuses what would be longer than a token of nginx, escapes counted', () => {
    expect(parseLiteral('x'.repeat(3998)).ok).to.equal(true);
    expect(parseLiteral('x'.repeat(3999)).ok).to.equal(false);
    expect(parseLiteral('"'.repeat(2000)).ok).to.equal(false);
    // Each is printed as the name of a variable where nginx expands them.
    expect(parseLiteral('$'.repeat(210)).ok).to.equal(true);
    expect(parseLiteral('$'.repeat(240)).ok).to.equal(false);
  });
});

describe('parseExpression', () => {
  const accepted = [
    '/$1',
    '/x/$2/y',
    '$host',
    '${host}x',
    '/$1$2',
    '$arg_page',
    '$http_x_forwarded_for',
    'no variable',
  ];
  for (const text of accepted) it(`takes ${text}`, () => expect(parseExpression(text).ok).to.equal(true));
  const refused = [
    '$foo',
    '$',
    'a$',
    '${',
    '${host',
    '$proxy_host',
    '${evil}',
    '$ssl_client_cert',
    'x\n$host',
  ];
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => expect(parseExpression(text).ok).to.equal(false));
  }

  it('reads one digit as the capture, as nginx does', () => expect(parseExpression('$12').ok).to.equal(true));
});

describe('parseHostName', () => {
  for (const name of ['a', 'a.b', '*.a.b', 'xn--bcher-kva.example', '1.2.3.4', 'a-b.c']) {
    it(`takes ${name}`, () => expect(parseHostName(name).ok).to.equal(true));
  }
  const refused = [
    '',
    'A.b',
    'a..b',
    '.a',
    'a.',
    '-a',
    'a-',
    '*',
    '**.a',
    'a.*.b',
    '*a.b',
    'a b',
    'a;b',
    'a\n',
    `${'a'.repeat(64)}.b`,
    `${'a.'.repeat(130)}a`,
  ];
  for (const name of refused) {
    it(`refuses ${JSON.stringify(name.slice(0, 20))}`, () => expect(parseHostName(name).ok).to.equal(false));
  }
});

describe('parseSize, parseSeconds, parseToken', () => {
  const sizes: readonly (readonly [string, boolean])[] = [
    ['8k', true],
    ['8K', true],
    ['1m', true],
    ['1g', true],
    ['0', true],
    ['1024', true],
    ['', false],
    ['8kb', false],
    ['-1', false],
    ['1 m', false],
    ['1m;', false],
    ['m', false],
    ['1.5m', false],
  ];
  for (const [text, ok] of sizes)
    it(`size ${JSON.stringify(text)}: ${ok}`, () => expect(parseSize(text).ok).to.equal(ok));

  it('gives seconds their unit', () => {
    expect(parseSeconds('60')).to.deep.equal({ ok: true, value: '60s' });
    expect(parseSeconds('007')).to.deep.equal({ ok: true, value: '7s' });
    expect(seconds(5.9)).to.equal('5s');
    for (const bad of ['60s', '', '-1', '1;', '1e3']) expect(parseSeconds(bad).ok, bad).to.equal(false);
  });

  it('takes only words that mean nothing to nginx', () => {
    expect(parseToken('http_502').ok).to.equal(true);
    for (const bad of ['', 'a b', 'a;', '{', '"a"', '#', '$x', 'a\\'])
      expect(parseToken(bad).ok, bad).to.equal(false);
  });
});

describe('quote', () => {
  it('comes back byte for byte through nginx’s rules, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const [directive, ...others] = parseConfig(`x ${quote(text)};`);
        expect(others).to.deep.equal([]);
        expect(directive?.args).to.deep.equal([text]);
      }),
    );
  });

  it('protects a dollar sign where nginx expands variables', () => {
    expect(quoteWithoutVariables('a$host"')).to.equal('"a${literal_dollar}host\\""');
  });
});
