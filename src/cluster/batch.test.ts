import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { createBatcher } from './batch.ts';
import type { Batch } from './batch.ts';

interface Bench {
  readonly batches: Batch[];
  readonly faults: unknown[];
  changed(key: string): void;
  stop(): Promise<void>;
  /** Resolves when so many batches have ended. */
  ended(count: number): Promise<void>;
}

function bench(
  options: {
    readonly quietMs?: number;
    readonly maximumMs?: number;
    readonly run?: () => Promise<void>;
  } = {},
): Bench {
  const batches: Batch[] = [];
  const faults: unknown[] = [];
  let done = 0;
  const batcher = createBatcher({
    quietMs: options.quietMs ?? 20,
    maximumMs: options.maximumMs ?? 100,
    onFault: (error) => faults.push(error),
    run: async (batch) => {
      batches.push(batch);
      try {
        await options.run?.();
      } finally {
        done++;
      }
    },
  });
  return {
    batches,
    faults,
    ...batcher,
    async ended(count) {
      const deadline = Date.now() + 2000;
      while (done < count) {
        if (Date.now() > deadline) throw new Error(`only ${done} batches of ${count}`);
        await setTimeout(1);
      }
    },
  };
}

describe('createBatcher', () => {
  it('acts on a lone change at once, with all that came in the same moment', async () => {
    const { batches, changed, ended, stop } = bench({ quietMs: 10_000, maximumMs: 60_000 });
    changed('a');
    changed('b');
    await ended(1);
    expect(batches.map(({ number, keys }) => [number, [...keys]])).to.deep.equal([[1, ['a', 'b']]]);
    await stop();
  });

  it('gathers what comes while a sync runs, and never runs two', async () => {
    let release: () => void = () => undefined;
    let running = 0;
    let most = 0;
    const { batches, changed, ended, stop } = bench({
      run: async () => {
        most = Math.max(most, ++running);
        if (batches.length === 1) await new Promise<void>((resolve) => (release = resolve));
        running--;
      },
    });
    changed('first');
    while (batches.length === 0) await setTimeout(1);
    for (let index = 0; index < 100; index++) changed(`key ${index}`);
    await setTimeout(30);
    expect(batches).to.have.length(1);
    release();
    await ended(2);
    expect(batches[1]?.keys.size).to.equal(100);
    expect(most).to.equal(1);
    await stop();
  });

  it('does not wait longer than the maximum for quiet', async () => {
    const { batches, changed, ended, stop } = bench({ quietMs: 30, maximumMs: 60 });
    changed('first');
    await ended(1);
    const until = Date.now() + 400;
    while (Date.now() < until) {
      changed('storm');
      await setTimeout(5);
    }
    expect(batches.length).to.be.greaterThan(3);
    await stop();
  });

  it('passes a fault on and goes on', async () => {
    const { faults, changed, ended, stop } = bench({ run: () => Promise.reject(new Error('bug')) });
    changed('a');
    await ended(1);
    await setTimeout(1);
    changed('b');
    await ended(2);
    await stop();
    expect(faults.map(String)).to.deep.equal(['Error: bug', 'Error: bug']);
  });

  it('waits for a running sync when it stops, and starts none afterwards', async () => {
    let finished = false;
    const { batches, changed, stop } = bench({
      run: async () => {
        await setTimeout(30);
        finished = true;
      },
    });
    changed('a');
    while (batches.length === 0) await setTimeout(1);
    changed('b');
    await stop();
    expect(finished).to.equal(true);
    changed('c');
    await setTimeout(60);
    expect(batches).to.have.length(1);
  });

  it('tells for how long a sync has run, so that one that never ends is noticed', async () => {
    let now = 1000;
    const gate = Promise.withResolvers<void>();
    const batcher = createBatcher({
      quietMs: 0,
      maximumMs: 0,
      now: () => now,
      onFault: () => undefined,
      run: () => gate.promise,
    });
    expect(batcher.busy()).to.equal(0);
    batcher.changed('a');
    // A timer of no length comes before this one.
    await setTimeout(5);
    now += 400_000;
    expect(batcher.busy()).to.equal(400_000);
    gate.resolve();
    await batcher.stop();
    expect(batcher.busy()).to.equal(0);
  });
});
