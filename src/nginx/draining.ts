/** Old workers that finish their requests after a reload: counted, and kept from becoming too many (docs/decisions/0007). */
import { setTimeout } from 'node:timers/promises';
import type { Logger } from '../lib/log.ts';
import { sendSignal } from './master.ts';
import { drainingWorkersOf, isDraining } from './workers.ts';

export interface Draining {
  readonly generations: number;
  readonly workers: number;
}

export interface DrainWatch {
  /** What drains now. */
  count(): Promise<Draining>;
  /** Resolves when one more generation may drain, or when it has been waited for long enough, or on the signal. */
  wait(signal: AbortSignal): Promise<void>;
  /** Ends the oldest generations that are one too many for another reload. To be called right before it. */
  makeRoom(): Promise<void>;
}

export interface DrainWatchOptions {
  /** Process id of the master, or null. */
  readonly master: () => number | null;
  /** Generations that may drain at one time; 0: any number. */
  readonly limit: number;
  /** Milliseconds of worker_shutdown_timeout; 0: none. */
  readonly shutdownTimeout: () => number;
  /** Whether none may drain when a reload comes, however long that takes. Default: no. */
  readonly isSerial?: () => boolean;
  readonly log: Logger;
  /** Default: that of this machine. */
  readonly system?: DrainSystem;
}

export interface DrainSystem {
  /** Workers of a master that take no connections any more. */
  draining(master: number): Promise<ReadonlySet<number>>;
  end(worker: number): Promise<void>;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** The workers of one generation that drain still. */
interface Old {
  readonly workers: ReadonlySet<number>;
  /** Told to end at once. It ends in a moment, and holds up nothing if it should not. */
  readonly told: boolean;
}

const POLL = 200;
/** In place of a worker_shutdown_timeout that never comes. */
const USUAL_TIMEOUT = 240_000;
/** A user who waits for a change does not care how many reloads came before. */
const LONGEST_WAIT = 30_000;

export function createDrainWatch(options: DrainWatchOptions): DrainWatch {
  const { log, isSerial = () => false, system = machine } = options;
  const most = () => (isSerial() ? 1 : options.limit);
  // Oldest first. Kept up to date between two reloads, so that what is new was told to drain by one and the same.
  let known: readonly Old[] = [];

  async function look(): Promise<readonly Old[]> {
    const master = options.master();
    return group(known, master === null ? new Set() : await system.draining(master));
  }

  /** The generations that must go before one more may drain. */
  async function surplus(): Promise<readonly Old[]> {
    known = await look();
    const limit = most();
    if (limit <= 0) return [];
    const counted = known.filter(({ told }) => !told);
    return counted.slice(0, Math.max(0, counted.length - limit + 1));
  }

  return {
    async count() {
      // In the middle of a reload this may show one generation as two; that must not be remembered.
      const now = await look();
      return { generations: now.length, workers: now.reduce((sum, { workers }) => sum + workers.size, 0) };
    },
    async wait(signal) {
      if ((await surplus()).length === 0) return;
      const limit = most();
      const timeout = options.shutdownTimeout() || USUAL_TIMEOUT;
      const patience = isSerial() ? timeout : patienceFor(limit, timeout);
      log.info('Reload waits, since too many older generations still finish their requests', {
        generations: known.length,
        limit,
        secondsAtMost: Math.ceil(patience / 1000),
      });
      const end = system.now() + patience;
      while (!signal.aborted && system.now() < end) {
        await system.sleep(POLL, signal);
        if ((await surplus()).length === 0) return;
      }
    },
    async makeRoom() {
      const ending = await surplus();
      if (ending.length === 0) return;
      const workers = ending.flatMap((old) => [...old.workers]);
      log.warn('Connections to the oldest generation are closed before worker-shutdown-timeout', {
        generations: known.length,
        limit: most(),
        workers: workers.join(' '),
      });
      for (const worker of workers) await system.end(worker);
      known = known.map((old) => (ending.includes(old) ? { ...old, told: true } : old));
    },
  };
}

/** In a steady flow of reloads so long apart, the oldest generation reaches its own end first, and none is cut short. */
function patienceFor(limit: number, timeout: number): number {
  return Math.min(LONGEST_WAIT, timeout / limit);
}

/** Workers that nobody knew began to drain together, after all others. */
function group(known: readonly Old[], draining: ReadonlySet<number>): readonly Old[] {
  const left = known.map((old) => ({ ...old, workers: old.workers.intersection(draining) }));
  const fresh = left.reduce((rest, old) => rest.difference(old.workers), draining);
  return [...left, { workers: fresh, told: false }].filter(({ workers }) => workers.size > 0);
}

const machine: DrainSystem = {
  draining: drainingWorkersOf,
  async end(worker) {
    // Its number may have come to somebody else meanwhile.
    if (await isDraining(worker)) sendSignal(worker, 'SIGTERM');
  },
  now: () => performance.now(),
  sleep: (milliseconds, signal) => setTimeout(milliseconds, undefined, { signal }).catch(() => undefined),
};
