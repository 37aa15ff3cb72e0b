import { expect } from 'chai';
import type { Generation } from './generation.ts';
import { createGenerationRecord } from './record.ts';

const generation = (checksum: string): Generation => ({
  checksum,
  head: Buffer.alloc(0),
  servers: [],
  tail: Buffer.alloc(0),
  stream: Buffer.alloc(0),
  files: [],
});
const [one, two] = [generation('1'), generation('2')];

describe('record of generations', () => {
  it('takes for new what neither serves nor was refused last', () => {
    const record = createGenerationRecord();
    expect([record.serving(), record.isNew(one)]).to.deep.equal([null, true]);
    record.proved(one, 10);
    record.refused(two);
    expect([record.serving(), record.isNew(one), record.isNew(two)]).to.deep.equal([one, false, false]);
    record.proved(generation('3'), 10);
    expect([record.isNew(one), record.isNew(two)]).to.deep.equal([true, true]);
  });

  it('has patience, and gathers, by the slowest proof so far', () => {
    const record = createGenerationRecord();
    expect([record.patience(100), record.gathering('automatic')]).to.deep.equal([100, 0]);
    record.proved(one, 50);
    record.proved(two, 20);
    expect([record.patience(100), record.gathering('automatic'), record.gathering(7)]).to.deep.equal([
      500, 500, 7,
    ]);
    record.proved(one, 10_000);
    expect([record.patience(100), record.gathering('automatic')]).to.deep.equal([100_000, 30_000]);
  });
});
