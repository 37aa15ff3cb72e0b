import { expect } from 'chai';
import fc from 'fast-check';
import { diffLines, hunksOf } from './diff.ts';
import type { DiffLine } from './diff.ts';

const print = (lines: readonly (DiffLine | null)[]) =>
  lines.map((one) => (one === null ? '…' : `${one.sign}${one.line}`));

describe('differences of texts', () => {
  for (const [what, before, after, expected] of [
    ['the same', 'a\nb\n', 'a\nb\n', [' a', ' b']],
    ['a new text', '', 'a\nb\n', ['+a', '+b']],
    ['a text that has gone', 'a\n', '', ['-a']],
    ['a changed line', 'a\nb\nc\n', 'a\nx\nc\n', [' a', '-b', '+x', ' c']],
    ['a line more', 'a\nc\n', 'a\nb\nc\n', [' a', '+b', ' c']],
    ['a moved line', 'a\nb\nc\n', 'b\nc\na\n', ['-a', ' b', ' c', '+a']],
    ['a line twice', 'a\n', 'a\na\n', [' a', '+a']],
  ] as const) {
    it(`show ${what}`, () => expect(print(diffLines(before, after))).to.deep.equal(expected));
  }

  it('give both texts again, whatever these are', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', '', '}'))
      .map((all) => all.map((one) => `${one}\n`).join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after);
        const side = (sign: string) =>
          lines
            .filter((one) => one.sign === ' ' || one.sign === sign)
            .map(({ line }) => `${line}\n`)
            .join('');
        expect(side('-')).to.equal(before);
        expect(side('+')).to.equal(after);
      }),
    );
  });

  it('are found among thousands of lines, and all of them count as new when that takes too long', () => {
    const many = Array.from({ length: 5000 }, (_, index) => `line ${index}\n`);
    const changed = diffLines(many.join(''), many.with(2500, 'other\n').join(''));
    expect(changed.filter(({ sign }) => sign !== ' ')).to.have.length(2);
    const reversed = diffLines(many.join(''), many.toReversed().join(''));
    expect(reversed).to.have.length(10_000);
  });

  it('have three lines around them', () => {
    const before = Array.from({ length: 20 }, (_, index) => `${index}\n`);
    const after = before.with(5, 'x\n').with(15, 'y\n');
    expect(print(hunksOf(diffLines(before.join(''), after.join('')))).join(',')).to.equal(
      ' 2, 3, 4,-5,+x, 6, 7, 8,…, 12, 13, 14,-15,+y, 16, 17, 18',
    );
    expect(hunksOf(diffLines('a\n', 'a\n'))).to.deep.equal([]);
  });
});
