import { expect } from 'chai';
import { formatTable } from './table.ts';

describe('table', () => {
  for (const [what, rows, text] of [
    ['is empty', [], ''],
    ['has cells of at least six characters', [['a', 'b']], 'a     b\n'],
    ['leaves three spaces', [['abcdef', 'b']], 'abcdef   b\n'],
    [
      'is as wide as its widest cell',
      [
        ['a', 'b'],
        ['abcd', 'c'],
      ],
      'a      b\nabcd   c\n',
    ],
    [
      'counts characters',
      [
        ['äöüß', 'b'],
        ['abcd', 'c'],
      ],
      'äöüß   b\nabcd   c\n',
    ],
  ] as const)
    it(what, () => {
      expect(formatTable(rows)).to.equal(text);
    });
});
