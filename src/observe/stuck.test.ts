import { expect } from 'chai';
import { silentLogger } from '../lib/log.ts';
import { createStuckCheck } from './stuck.ts';

describe('what does not end', () => {
  const logged: unknown[] = [];
  const log = { ...silentLogger, error: (...words: readonly unknown[]) => void logged.push(words) };
  beforeEach(() => {
    logged.length = 0;
  });

  for (const [busy, generation, reason] of [
    [0, null, null],
    [300_000, null, null],
    [300_001, null, 'a sync has not ended for 300 seconds'],
    [420_000, 'no proof', 'a sync has not ended for 420 seconds'],
    [0, 'no proof', 'no proof'],
  ] as const)
    it(`is ${reason ?? 'nothing'} after ${busy} ms of a sync, with ${generation ?? 'no'} generation`, () => {
      expect(createStuckCheck({ sync: () => busy, generation: () => generation, log })()).to.equal(reason);
      expect(logged).to.have.length(reason === null ? 0 : 1);
    });

  it('is logged once, and once more when it comes again', () => {
    let reason: string | null = null;
    const check = createStuckCheck({ sync: () => 0, generation: () => reason, log });
    for (const now of [null, 'a', 'b', 'b', null, 'c']) {
      reason = now;
      expect(check()).to.equal(now);
    }
    expect(logged).to.deep.equal(
      ['a', 'c'].map((word) => [
        'the controller does not go on; its health check fails until it does',
        { reason: word },
      ]),
    );
  });
});
