import { expect } from 'chai';
import { stuckFor } from './stuck.ts';

describe('a sync that does not end', () => {
  for (const [busy, reason] of [
    [0, null],
    [300_000, null],
    [300_001, 'a sync has not ended for 300 seconds'],
    [420_000, 'a sync has not ended for 420 seconds'],
  ] as const)
    it(`is ${reason === null ? 'none' : 'one'} after ${busy} ms`, () => {
      expect(stuckFor(busy)).to.equal(reason);
    });
});
