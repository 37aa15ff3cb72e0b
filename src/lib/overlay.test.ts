import { expect } from 'chai';
import fc from 'fast-check';
import { createOverlay } from './overlay.ts';

describe('views of a map that changes', () => {
  it('are those of copies, and never change', () => {
    const step = fc.record({
      puts: fc.array(fc.tuple(fc.nat(300), fc.nat(5)), { maxLength: 60 }),
      removals: fc.array(fc.nat(300), { maxLength: 60 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const overlay = createOverlay<number, number>();
        const plain = new Map<number, number>();
        const views: [ReadonlyMap<number, number>, ReadonlyMap<number, number>][] = [];
        for (const { puts, removals } of steps) {
          for (const [key, value] of puts) {
            overlay.set(key, value);
            plain.set(key, value);
          }
          for (const key of removals) expect(overlay.delete(key)).to.equal(plain.delete(key));
          expect(new Set(overlay.keys())).to.deep.equal(new Set(plain.keys()));
          views.push([overlay.view(), new Map(plain)]);
        }
        for (const [view, copy] of views) {
          expect(view.size).to.equal(copy.size);
          const byKey = ([a]: readonly [number, number], [b]: readonly [number, number]) => a - b;
          expect([...view].sort(byKey)).to.deep.equal([...copy].sort(byKey));
          expect([...view.keys()].length).to.equal(copy.size);
          expect([...view.values()].sort()).to.deep.equal([...copy.values()].sort());
          const seen: number[] = [];
          for (const [key, value] of view) seen.push(key + value - value);
          expect(seen.every((key) => view.has(key) && view.get(key) === copy.get(key))).to.equal(true);
          for (let key = 0; key <= 300; key++) {
            expect([view.has(key), view.get(key)]).to.deep.equal([copy.has(key), copy.get(key)]);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('stay the same while nothing changes', () => {
    const overlay = createOverlay<string, number>();
    overlay.set('a', 1);
    const view = overlay.view();
    expect(overlay.view()).to.equal(view);
    expect(overlay.delete('b')).to.equal(false);
    expect(overlay.view()).to.equal(view);
    overlay.set('b', 2);
    expect(overlay.view()).not.to.equal(view);
    expect(overlay.get('b')).to.equal(2);
  });

  it('can be walked with forEach', () => {
    const overlay = createOverlay<string, number>();
    overlay.set('a', 1);
    overlay.view();
    overlay.set('b', 2);
    const seen: string[] = [];
    overlay.view().forEach((value, key) => seen.push(`${key}${value}`));
    expect(seen.sort()).to.deep.equal(['a1', 'b2']);
  });
});
