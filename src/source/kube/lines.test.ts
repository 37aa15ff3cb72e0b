import { expect } from 'chai';
import { createLineSplitter } from './lines.ts';

describe('line splitter', () => {
  const text = '{"a":"grüß 你好 🦊"}\n{"b":"one\u2028two\u2029three\\n"}\n\n{"c":1}\n';
  const lines = ['{"a":"grüß 你好 🦊"}', '{"b":"one\u2028two\u2029three\\n"}', '{"c":1}'];
  const bytes = Buffer.from(text, 'utf8');

  for (const size of [1, 2, 3, 5, 7, 16, bytes.length]) {
    it(`gives the same lines from chunks of ${size} bytes`, () => {
      const split = createLineSplitter();
      const got: string[] = [];
      for (let start = 0; start < bytes.length; start += size) {
        got.push(...split(bytes.subarray(start, start + size)));
      }
      expect(got).to.deep.equal(lines);
    });
  }

  it('holds back what has no newline yet', () => {
    const split = createLineSplitter();
    expect(split(Buffer.from('one\ntw'))).to.deep.equal(['one']);
    expect(split(Buffer.from(''))).to.deep.equal([]);
    expect(split(Buffer.from('o'))).to.deep.equal([]);
    expect(split(Buffer.from('\n'))).to.deep.equal(['two']);
  });
});
