/** Brings generations into force, one at a time; of those that wait, only the newest counts. */
import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { applyGeneration } from './apply.ts';
import type { ApplyOptions, ApplyTimes } from './apply.ts';
import type { DrainWatch } from './draining.ts';
import type { Generation } from './generation.ts';
import type { Layout } from './layout.ts';

export interface ApplierOptions extends ApplyOptions {
  readonly log: Logger;
  /** Milliseconds that new workers may take to answer, at least; 15 seconds by default. */
  readonly patience?: number;
  readonly draining: Pick<DrainWatch, 'wait' | 'makeRoom'>;
  /** Reloads a second at most; the first after a pause is never delayed. */
  readonly rateLimit: number;
  readonly onProven: (proven: Proven) => void;
  readonly onRefused: (refusal: Refusal) => void;
  /** A fault before anything serves; later ones are refusals, since the last good state goes on. */
  readonly onFault: (error: unknown) => void;
}

export interface Proven {
  readonly generation: Generation;
  readonly times: ApplyTimes;
}

export interface Refusal {
  readonly generation: Generation;
  readonly message: string;
  readonly line: number | null;
}

export interface Applier {
  /** Replaces whatever waits. Nothing happens for a generation that is in force or was refused last. */
  submit(generation: Generation): void;
  /** Checksum of the generation that serves, or null. */
  proven(): string | null;
  stop(): Promise<void>;
}

/** Milliseconds. */
const LEAST_PATIENCE = 15_000;
/** Milliseconds between tries after a fault. */
const FIRST_RETRY = 1000;
const LAST_RETRY = 30_000;

export function createApplier(options: ApplierOptions): Applier {
  const stopping = new AbortController();
  let waiting: Generation | null = null;
  let working: Promise<void> | null = null;
  let proven: Generation | null = null;
  let refused: string | null = null;
  let lastReload = Number.NEGATIVE_INFINITY;
  let retryDelay = FIRST_RETRY;
  /** Milliseconds of the slowest proof so far. */
  let slowest = 0;
  let pause = new AbortController();

  async function loop(): Promise<void> {
    while (waiting !== null && !stopping.signal.aborted) {
      if (isNew(waiting)) await turn();
      const generation: Generation = waiting;
      waiting = null;
      if (stopping.signal.aborted || !isNew(generation)) continue;
      lastReload = performance.now();
      await apply(generation).catch((error: unknown) => outlive(generation, error));
    }
  }

  function isNew({ checksum }: Generation): boolean {
    return checksum !== proven?.checksum && checksum !== refused;
  }

  /** Resolves when another reload may come; whatever is newest then is its generation. */
  async function turn(): Promise<void> {
    await delayForRate();
    if (proven !== null) await options.draining.wait(stopping.signal);
  }

  async function delayForRate(): Promise<void> {
    const wait = lastReload + 1000 / options.rateLimit - performance.now();
    if (wait > 0) await setTimeout(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
  }

  async function apply(generation: Generation): Promise<void> {
    const { checksum } = generation;
    if (proven !== null) {
      options.log.info('Configuration changes detected, backend reload required', { generation: checksum });
    }
    const applied = await applyGeneration(generation, options, {
      good: proven,
      patience: Math.max(options.patience ?? LEAST_PATIENCE, slowest * 10),
      signal: stopping.signal,
    });
    if (applied.kind === 'refused') refuse(generation, applied);
    if (applied.kind !== 'proven') return;
    slowest = Math.max(slowest, applied.times.proof);
    proven = generation;
    refused = null;
    retryDelay = FIRST_RETRY;
    options.onProven({ generation, times: applied.times });
  }

  /** Nothing is wrong with the generation: it is tried again after a while, unless a newer one comes first. */
  async function outlive(generation: Generation, error: unknown): Promise<void> {
    if (proven === null) return options.onFault(error);
    options.onRefused({ generation, message: explain(error, options.layout), line: null });
    pause = new AbortController();
    const signal = AbortSignal.any([pause.signal, stopping.signal]);
    if (waiting === null) await setTimeout(retryDelay, undefined, { signal }).catch(() => undefined);
    retryDelay = Math.min(LAST_RETRY, retryDelay * 2);
    waiting ??= generation;
  }

  function refuse(generation: Generation, reason: Pick<Refusal, 'message' | 'line'>): void {
    refused = generation.checksum;
    options.onRefused({ generation, message: reason.message, line: reason.line });
  }

  return {
    submit(generation) {
      if (generation.checksum === proven?.checksum && working === null) return;
      waiting = generation;
      pause.abort();
      working ??= loop().finally(() => {
        working = null;
      });
    },
    proven: () => proven?.checksum ?? null,
    async stop() {
      stopping.abort();
      await working;
    },
  };
}

/** In words that say what to do. */
function explain(error: unknown, { dataDir }: Layout): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return messageOf(error);
  return `no space left on the disk of ${dataDir}; it is tried again, make room there (${messageOf(error)})`;
}
