import { expect } from 'chai';
import type { LogFields } from '../lib/log.ts';
import { silentLogger } from '../lib/log.ts';
import { createDrainWatch } from './draining.ts';
import type { DrainWatch, DrainWatchOptions } from './draining.ts';

/** A master whose workers drain until they are told to end, and a clock that only moves in `sleep`. */
interface Fake {
  readonly watch: DrainWatch;
  readonly draining: Set<number>;
  readonly ended: number[];
  readonly logged: { readonly message: string; readonly fields: LogFields | undefined }[];
  readonly now: () => number;
  /** What happens at a time of the clock. */
  at(time: number, action: () => void): void;
  /** What the applier does: waits, makes room, and lets the workers that served until now drain. */
  reload(...workers: readonly number[]): Promise<void>;
}

const never = new AbortController().signal;

function start(limit: number, overrides: Partial<DrainWatchOptions> = {}): Fake {
  const draining = new Set<number>();
  const ended: number[] = [];
  const logged: Fake['logged'] = [];
  const actions: { readonly time: number; readonly action: () => void }[] = [];
  let time = 0;
  const log = (message: string, fields?: LogFields) => void logged.push({ message, fields });
  const watch = createDrainWatch({
    master: () => 1,
    limit,
    shutdownTimeout: () => 240_000,
    log: { ...silentLogger, info: log, warn: log },
    system: {
      draining: async () => new Set(draining),
      end: async (worker) => {
        ended.push(worker);
        draining.delete(worker);
      },
      now: () => time,
      sleep: async (milliseconds) => {
        const until = time + milliseconds;
        for (const { action } of actions.filter((one) => one.time > time && one.time <= until)) action();
        time = until;
      },
    },
    ...overrides,
  });
  return {
    watch,
    draining,
    ended,
    logged,
    now: () => time,
    at: (when, action) => void actions.push({ time: when, action }),
    async reload(...workers) {
      await watch.wait(never);
      await watch.makeRoom();
      for (const worker of workers) draining.add(worker);
    },
  };
}

describe('draining generations', () => {
  it('are counted, each with its workers', async () => {
    const { watch, reload, draining } = start(10);
    expect(await watch.count()).to.deep.equal({ generations: 0, workers: 0 });
    await reload(11, 12);
    await reload(21, 22);
    await reload(31, 32);
    expect(await watch.count()).to.deep.equal({ generations: 3, workers: 6 });
    draining.delete(21);
    expect(await watch.count()).to.deep.equal({ generations: 3, workers: 5 });
    draining.delete(22);
    expect(await watch.count()).to.deep.equal({ generations: 2, workers: 4 });
  });

  it('stay one when they are counted while only some of their workers drain', async () => {
    const { watch, reload, draining } = start(10);
    await reload(11);
    await watch.count();
    draining.add(12);
    await reload(21);
    expect(await watch.count()).to.deep.equal({ generations: 2, workers: 3 });
  });

  it('hold up no reload while they are few', async () => {
    const fake = start(3);
    for (const worker of [11, 21, 31]) await fake.reload(worker);
    expect(fake.now()).to.equal(0);
    expect(fake.logged).to.deep.equal([]);
  });

  it('hold up a reload until one of them has ended, and none is told to', async () => {
    const fake = start(2);
    await fake.reload(11, 12);
    await fake.reload(21, 22);
    fake.at(5000, () => fake.draining.delete(21));
    fake.at(7000, () => fake.draining.delete(22));
    await fake.reload(31, 32);
    expect(fake.now()).to.equal(7000);
    expect(fake.ended).to.deep.equal([]);
    expect(fake.logged).to.deep.equal([
      {
        message: 'Reload waits, since too many older generations still finish their requests',
        fields: { generations: 2, limit: 2, secondsAtMost: 30 },
      },
    ]);
  });

  it('lose their oldest when a reload has waited long enough', async () => {
    const fake = start(2);
    await fake.reload(11, 12);
    await fake.reload(21, 22);
    await fake.reload(31, 32);
    expect(fake.now()).to.equal(30_000);
    expect(fake.ended).to.deep.equal([11, 12]);
    expect(fake.logged.at(-1)).to.deep.equal({
      message: 'Connections to the oldest generation are closed before worker-shutdown-timeout',
      fields: { generations: 2, limit: 2, workers: '11 12' },
    });
    expect(await fake.watch.count()).to.deep.equal({ generations: 2, workers: 4 });
  });

  const waits: readonly (readonly [limit: number, timeout: number, milliseconds: number])[] = [
    [10, 240_000, 24_000],
    [24, 240_000, 10_000],
    [10, 10_000, 1000],
    [1, 240_000, 30_000],
    [10, 3_600_000, 30_000],
    [10, 0, 24_000],
  ];
  for (const [limit, timeout, milliseconds] of waits) {
    it(`${limit} of them and a timeout of ${timeout} ms hold up a reload for ${milliseconds} ms`, async () => {
      const fake = start(limit, { shutdownTimeout: () => timeout });
      for (let worker = 0; worker < limit; worker++) await fake.reload(worker);
      await fake.watch.wait(never);
      expect(fake.now()).to.equal(milliseconds);
    });
  }

  it('all reach their own end in a steady flow of reloads', async () => {
    const fake = start(10);
    for (let worker = 0; worker < 50; worker++) {
      await fake.reload(worker);
      const end = fake.now() + 240_000;
      fake.at(end, () => fake.draining.delete(worker));
      expect(fake.draining.size).to.be.at.most(10);
    }
    // The first ten began to drain at once, so those that follow are cut short until the flow is steady.
    expect(fake.ended).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('are of any number without a limit', async () => {
    const fake = start(0);
    for (let worker = 0; worker < 100; worker++) await fake.reload(worker);
    expect(fake.now()).to.equal(0);
    expect(fake.ended).to.deep.equal([]);
    expect(await fake.watch.count()).to.deep.equal({ generations: 100, workers: 100 });
  });

  it('that do not end when they are told to hold up nothing more', async () => {
    const told: number[] = [];
    const draining = new Set<number>();
    const fake = start(1, {
      system: {
        draining: async () => new Set(draining),
        end: async (worker) => void told.push(worker),
        now: () => 0,
        sleep: async () => undefined,
      },
    });
    draining.add(11);
    await fake.watch.makeRoom();
    await fake.watch.wait(never);
    await fake.watch.makeRoom();
    expect(told).to.deep.equal([11]);
    expect(await fake.watch.count()).to.deep.equal({ generations: 1, workers: 1 });
  });

  it('are all waited for where reloads are serial, as long as worker-shutdown-timeout', async () => {
    const fake = start(10, { isSerial: () => true });
    await fake.reload(11);
    fake.at(100_000, () => fake.draining.delete(11));
    await fake.reload(21);
    expect(fake.now()).to.equal(100_000);
    await fake.reload(31);
    expect(fake.now()).to.equal(340_000);
    expect(fake.ended).to.deep.equal([21]);
  });

  it('hold up nothing when the controller stops', async () => {
    const fake = start(1);
    await fake.reload(11);
    await fake.watch.wait(AbortSignal.abort());
    expect(fake.now()).to.equal(0);
  });

  it('are none without a master', async () => {
    const fake = start(1, { master: () => null });
    fake.draining.add(11);
    expect(await fake.watch.count()).to.deep.equal({ generations: 0, workers: 0 });
  });
});
