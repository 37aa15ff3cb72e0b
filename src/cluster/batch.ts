import type { ChangedKey } from './stores.ts';

export interface Batch {
  /** Counts up; named in every log line of the sync that it causes. */
  readonly number: number;
  readonly keys: ReadonlySet<ChangedKey>;
}

export interface BatcherOptions {
  /** One sync. Never runs twice at the same time. An exception is a bug and is passed to `onFault`. */
  readonly run: (batch: Batch) => Promise<void>;
  readonly onFault: (error: unknown) => void;
  /** Milliseconds of quiet that end a burst. */
  readonly quietMs: number;
  /** Milliseconds after which a burst that never ends is acted on all the same. */
  readonly maximumMs: number;
  readonly now?: () => number;
}

export interface Batcher {
  changed(key: ChangedKey): void;
  /** Milliseconds since the sync that runs began; 0 when none runs. */
  busy(): number;
  /** Resolves when no sync runs; none starts afterwards. */
  stop(): Promise<void>;
}

/**
 * Gathers changes into batches. A change after a quiet time is acted on as soon as the event that brought it has been
 * handled; changes that come close together, or during a sync, wait until it is quiet, but never longer than the maximum.
 */
export function createBatcher(options: BatcherOptions): Batcher {
  const now = options.now ?? (() => performance.now());
  let pending = new Set<ChangedKey>();
  let number = 0;
  let running: Promise<void> | null = null;
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;
  let lastEnd = Number.NEGATIVE_INFINITY;
  let firstPending = 0;
  let lastStart = 0;

  function delay(): number {
    const time = now();
    if (firstPending - lastEnd >= options.quietMs * 5) return 0;
    return Math.max(0, Math.min(options.quietMs, firstPending + options.maximumMs - time));
  }

  function schedule(): void {
    const wait = delay();
    // A timer that is due at once must not be pushed back by each further change.
    if (timer !== null && wait === 0) return;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(start, wait);
  }

  function start(): void {
    timer = null;
    lastStart = now();
    const batch: Batch = { number: ++number, keys: pending };
    pending = new Set();
    running = options
      .run(batch)
      .catch(options.onFault)
      .finally(() => {
        running = null;
        lastEnd = now();
        if (pending.size > 0 && !stopped) schedule();
      });
  }

  return {
    changed(key) {
      if (stopped) return;
      if (pending.size === 0) firstPending = now();
      pending.add(key);
      if (running === null) schedule();
    },
    busy: () => (running === null ? 0 : now() - lastStart),
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      await running;
    },
  };
}
