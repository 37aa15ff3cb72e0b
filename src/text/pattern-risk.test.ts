import { expect } from 'chai';
import fc from 'fast-check';
import { riskOfPattern } from './pattern-risk.ts';
import { patternTree } from './pattern-tree.ts';
import { parsePattern } from './pattern.ts';
import type { Pattern } from './safe.ts';

function parsed(text: string): Pattern {
  const result = parsePattern(text);
  if (!result.ok) throw new Error(`${text} ${result.reason}`);
  return result.value;
}

const harmless = [
  '/',
  '/something(/|$)(.*)',
  '/api/v[0-9]+/(.*)',
  '/(.*)/(.*)',
  '/(foo|bar)/?(.*)',
  '/a(/[^/]+)*',
  '/a((?:/[^/]+)+)',
  '/a(/[^/]+/)?',
  '/([^/]+/)*x',
  '/(\\d+\\.)+\\d+',
  '/([a-z]{2}-)+',
  '/(ab)+',
  '/(a|b)*',
  '/(a|bc|d)+',
  '/(/a|-b+)*',
  '/(/[a-z]+-[a-z]+)+',
  '/(/(a|b))+',
  '/(a+)?',
  '/(a+){1,3}',
  '/[]a]+',
  '/x{y}',
  '/(?i)foo(/.*)?',
  '/a++',
  '/(?=a)b*',
  '/(/[0-9]{2,4})+',
];
const slow = [
  '/(a+)+',
  '/(a+)+$',
  '/(a*)*',
  '/(.*)*x',
  '/((a+)b?)+',
  '/(a|a)+',
  '/(a|A)*',
  '/(a|ab|b)+',
  '/(\\w|\\d)+',
  '/([a-z]+-?)+',
  '/(a?a)+',
  '/(a*/a*)+',
  '/(/a*a*)+',
  '/(/\\w+|/[a-z]+)+',
  '/(/(a|a))+',
  '/(/(a+)+)+',
  '/(a+){20}',
  '/(a+){10,}',
  '/x((a|b+)+)?',
  '/(/[^-]+)+',
  '/(b|/b+)+',
  '/(?:a+)+',
  '/(?i:(a+)+)',
  '/((?=a)a+)+',
  '/(\\S+ ?)+',
  // Harmless, but all characters beyond ASCII look the same to the check.
  '/(é|à)+',
];

describe('risk of a regular expression', () => {
  for (const text of harmless) {
    it(`is none in ${text}`, () => {
      expect(riskOfPattern(parsed(text), '/$1')).to.equal(null);
    });
  }

  for (const text of slow) {
    it(`is time in ${text}`, () => {
      expect(riskOfPattern(parsed(text), '')).to.match(/many ways, which may take very long/);
    });
  }

  for (const [text, target, groups] of [
    ['/((.*))', '/$1$2', [2, 1]],
    ['/(a(b(c)))', '/$1${3}', [3, 1]],
    ['/(a(b(c)))', '/$2/$3', [3, 2]],
    ['/(x)(y(z))', '/$1$2$3', [3, 2]],
    ['/(a(b(c)))', '/$2', null],
    ['/(a)(b)', '/$1$2', null],
    ['/(a(?:b))', '/$1$2', null],
    ['/\\((a)\\)[(](b)', '/$1$2', null],
    ['/(a(b))', '', null],
  ] as const) {
    it(`${groups === null ? 'is none' : 'is overlap'} in ${text} with ${target || 'no target'}`, () => {
      const risk = riskOfPattern(parsed(text), target);
      if (groups === null) expect(risk).to.equal(null);
      else expect(risk).to.include(`has group ${groups[0]} inside of group ${groups[1]}`);
    });
  }

  it('is found in any expression without an error', () => {
    const piece = fc.constantFrom(
      'a',
      '/',
      '.',
      '(',
      ')',
      '(?:',
      '|',
      '*',
      '+',
      '?',
      '{2}',
      '{1,}',
      '[a-c]',
      '[^/]',
      '\\d',
      '\\.',
      '^',
      '$',
      '(?i)',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const result = parsePattern(`/${pieces.join('')}`);
        if (!result.ok) return;
        expect(patternTree(result.value).kind).to.equal('group');
        expect(riskOfPattern(result.value, '$1$2')).to.satisfy(
          (risk: unknown) => risk === null || typeof risk === 'string',
        );
      }),
    );
  });
});
