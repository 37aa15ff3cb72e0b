import { setTimeout as delay } from 'node:timers/promises';

/** All waiting of a reflector, in milliseconds unless a name says otherwise. */
export interface Timings {
  /** The watch is asked to end itself after a random number of seconds between these two, which spreads reconnects. */
  readonly watchSecondsMin: number;
  readonly watchSecondsMax: number;
  /** A watch without a byte for this long counts as dead; bookmarks come about once a minute. */
  readonly idleLimit: number;
  readonly backOffBase: number;
  readonly backOffMax: number;
  /** A stream that lived this long shows that the trouble is over. */
  readonly stableAfter: number;
  /** Between tries when the kind is forbidden or unknown: permissions and CRDs may appear. */
  readonly deniedRetry: number;
  /** A longer Retry-After is cut to this. */
  readonly retryAfterMax: number;
}

export const defaultTimings: Timings = {
  watchSecondsMin: 300,
  watchSecondsMax: 600,
  idleLimit: 120_000,
  backOffBase: 200,
  backOffMax: 30_000,
  stableAfter: 60_000,
  deniedRetry: 30_000,
  retryAfterMax: 60_000,
};

/** Time and chance, replaceable in tests. */
export interface Clock {
  /** Milliseconds since some moment; setting the clock of the machine changes nothing. */
  now(): number;
  /** From 0 to below 1. */
  random(): number;
  /** Resolves after the time, or at once when the signal fires; never rejects. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  random: () => Math.random(),
  sleep: async (milliseconds, signal) => {
    try {
      await delay(milliseconds, undefined, { signal });
    } catch {
      // Only the signal ends it early, and whoever sleeps looks at the signal next.
    }
  },
};
