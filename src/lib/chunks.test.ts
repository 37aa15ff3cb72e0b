import { expect } from 'chai';
import fc from 'fast-check';
import { chunksOf, differenceOf, gathered, joined, keepChunks, perChunk, resorted } from './chunks.ts';
import { inOneGo } from './slices.ts';

interface Item {
  readonly key: number;
}

const byKey = (a: Item, b: Item) => a.key - b.key;
const make = (count: number): readonly Item[] =>
  resorted([], { removed: [], added: Array.from({ length: count }, (_, key) => ({ key: key * 10 })) }, byKey);

describe('lists in chunks', () => {
  it('are ordinary lists to everybody else', () => {
    const list = joined([[1, 2], [], [3]]);
    expect(list).to.deep.equal([1, 2, 3]);
    expect([...list, 4]).to.deep.equal([1, 2, 3, 4]);
    expect(Object.isFrozen(list)).to.equal(true);
    expect(Object.keys(list)).to.deep.equal(['0', '1', '2']);
    expect(chunksOf(list)).to.deep.equal([[1, 2], [3]]);
    expect(chunksOf([...list])).to.deep.equal([[1, 2, 3]]);
    expect(chunksOf([])).to.deep.equal([]);
  });

  it('share all chunks but the one that changed', () => {
    const list = make(1000);
    const at = 500;
    const next = resorted(list, { removed: [list[at] as Item], added: [{ key: 5001 }] }, byKey);
    const shared = chunksOf(next).filter((chunk) => chunksOf(list).includes(chunk));
    expect(shared).to.have.length(chunksOf(list).length - 1);
    expect(differenceOf(list, next)).to.deep.equal({ removed: [{ key: 5000 }], added: [{ key: 5001 }] });
  });

  it('stay short enough when much is added in one place', () => {
    let list = make(1000);
    for (let step = 0; step < 300; step++) {
      list = resorted(list, { removed: [], added: [{ key: 5000 + step / 1000 }] }, byKey);
    }
    expect(Math.max(...chunksOf(list).map(({ length }) => length))).to.be.at.most(128);
    expect(list).to.have.length(1300);
  });

  it('are the same list when nothing changes', () => {
    const list = make(100);
    expect(resorted(list, { removed: [], added: [] }, byKey)).to.equal(list);
    expect(differenceOf(list, list)).to.deep.equal({ removed: [], added: [] });
  });

  it('let a function see each chunk once', () => {
    const seen: number[] = [];
    const sums = perChunk((chunk: readonly Item[]) => {
      seen.push(chunk.length);
      return chunk.reduce((sum, { key }) => sum + key, 0);
    });
    const list = make(640);
    const first = inOneGo(sums(list));
    expect(first).to.have.length(10);
    expect(seen).to.have.length(10);
    const next = resorted(list, { removed: [], added: [{ key: 1 }] }, byKey);
    const second = inOneGo(sums(next));
    expect(seen).to.have.length(11);
    expect(second.reduce((a, b) => a + b, 0)).to.equal(first.reduce((a, b) => a + b, 0) + 1);
  });

  it('stay the same while they say the same, wherever they stand', () => {
    const keep = keepChunks<readonly [string, number]>(
      ([name]) => name,
      (a, b) => a[1] === b[1],
    );
    const [one, two] = keep([[['a', 1]], [], [['b', 2]]]);
    const again = keep([[['x', 0]], [['a', 1]], [['b', 3]]]);
    expect(again[1]).to.equal(one);
    expect(again[2]).not.to.equal(two);
    expect(again.flat()).to.deep.equal([
      ['x', 0],
      ['a', 1],
      ['b', 3],
    ]);
    // Only those of the last time.
    keep([]);
    expect(keep([[['a', 1]]])[0]).not.to.equal(one);
  });

  it('are summed up in groups, of which only those that changed are asked again', () => {
    let asked = 0;
    const sum = gathered((parts: readonly (readonly string[])[]) => {
      asked++;
      return parts.flat();
    });
    const parts = Array.from({ length: 100 }, (_, index) => [String(index)]);
    expect(sum(parts)).to.deep.equal(parts.flat());
    expect(asked).to.equal(8);
    const next = parts.with(50, ['x']);
    expect(sum(next)).to.deep.equal(next.flat());
    expect(asked).to.equal(10);
    expect(sum(next.slice(0, 20))).to.deep.equal(next.slice(0, 20).flat());
    expect(sum([])).to.deep.equal([]);
  });

  it('are what sorting everything would give, and differ in what was changed', () => {
    const change = fc.record({
      removed: fc.array(fc.nat(400), { maxLength: 40 }),
      added: fc.array(fc.nat(9000), { maxLength: 60 }),
    });
    fc.assert(
      fc.property(fc.nat(400), fc.array(change, { maxLength: 8 }), (count, changes) => {
        let list = make(count);
        for (const { removed: places, added: keys } of changes) {
          const removed = [...new Set(places)].flatMap((at) => list[at] ?? []);
          const left = list.filter((item) => !removed.includes(item));
          const taken = new Set(left.map(({ key }) => key));
          const added = [...new Set(keys)].filter((key) => !taken.has(key)).map((key) => ({ key }));
          const next = resorted(list, { removed, added }, byKey);
          expect([...next]).to.deep.equal([...left, ...added].sort(byKey));
          expect(chunksOf(next).flat()).to.deep.equal([...next]);
          expect(chunksOf(next).every(({ length }) => length > 0)).to.equal(true);
          const found = differenceOf(list, next);
          expect(found.removed).to.have.members(removed);
          expect(found.added).to.have.members(added);
          list = next;
        }
      }),
      { numRuns: 200 },
    );
  });
});
