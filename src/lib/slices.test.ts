import { expect } from 'chai';
import { each, inOneGo, inSlices, memoizeSliced } from './slices.ts';
import type { Sliced } from './slices.ts';

function* counting(steps: number, work: () => void): Sliced<number> {
  for (let step = 0; step < steps; step++) {
    work();
    yield;
  }
  return steps;
}

function busy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('work in slices', () => {
  it('gives the same result in one go and in slices', async () => {
    expect(inOneGo(counting(5, () => undefined))).to.equal(5);
    expect(await inSlices(counting(5, () => undefined))).to.equal(5);
    const seen: number[] = [];
    inOneGo(each([1, 2, 3], (item) => seen.push(item * 2)));
    expect(seen).to.deep.equal([2, 4, 6]);
  });

  it('lets other work go on in between', async () => {
    let turns = 0;
    const count = () => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    await inSlices(counting(20, () => busy(5)));
    clearImmediate(timer);
    expect(turns).to.be.at.least(5);
  });

  it('are done once for the same inputs', () => {
    let runs = 0;
    const work = memoizeSliced(
      (steps: number, _name: string) => counting(steps, () => runs++),
      (steps) => [steps],
    );
    expect([inOneGo(work(3, 'a')), inOneGo(work(3, 'b')), runs]).to.deep.equal([3, 3, 3]);
    expect([inOneGo(work(2, 'b')), runs]).to.deep.equal([2, 5]);
  });

  it('hands on what the work throws', async () => {
    const bad = () =>
      counting(1, () => {
        throw new Error('bad');
      });
    expect(() => inOneGo(bad())).to.throw('bad');
    const outcome = await inSlices(bad()).catch((error: unknown) => String(error));
    expect(outcome).to.equal('Error: bad');
  });
});
