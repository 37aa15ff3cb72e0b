import { expect } from 'chai';
import { createSteps } from './steps.ts';

describe('steps of a generation', () => {
  let time = 0;
  const never = new Promise<never>(() => undefined);
  const after = (milliseconds: number) => (time += milliseconds);
  beforeEach(() => {
    time = 0;
  });

  const rows: readonly (readonly [longest: number, spent: number, reason: string | null])[] = [
    [15_000, 75_000, null],
    [15_000, 75_001, 'the new configuration has not come beyond its proof for 75 seconds'],
    [600_000, 75_001, null],
    [600_000, 700_000, 'the new configuration has not come beyond its proof for 700 seconds'],
  ];
  for (const [longest, spent, reason] of rows)
    it(`that may last ${longest} ms: ${reason === null ? 'well' : 'too long'} after ${spent} ms`, () => {
      const steps = createSteps(() => time);
      void steps.work(() => steps.during({ name: 'proof', longest }, () => never));
      after(spent);
      expect(steps.overdue()).to.equal(reason);
    });

  it('count from their own beginning, and files between them', async () => {
    const steps = createSteps(() => time);
    const gate = Promise.withResolvers<void>();
    void steps.work(async () => {
      after(300_000);
      await steps.during({ name: 'check', longest: 10_000 }, () => gate.promise);
      await never;
    });
    after(70_000);
    expect(steps.overdue()).to.equal(null);
    gate.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    after(360_000);
    expect(steps.overdue()).to.equal(null);
    after(1);
    expect(steps.overdue()).to.match(/its files for 360 seconds/);
  });

  it('are none where no work goes on', async () => {
    const steps = createSteps(() => time);
    void steps.during({ name: 'check', longest: 0 }, () => never);
    await steps.work(async () => undefined);
    await steps.work(() => Promise.reject(new Error('full'))).catch(() => undefined);
    after(10_000_000);
    expect(steps.overdue()).to.equal(null);
  });
});
