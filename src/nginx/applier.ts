/** Brings generations into force, one at a time; of those that wait, only the newest counts. */
import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { applyGeneration } from './apply.ts';
import type { Applied, ApplyOptions, ApplyTimes, Failures } from './apply.ts';
import { LONGEST_CHECK } from './check.ts';
import type { Failure } from './check.ts';
import type { DrainWatch } from './draining.ts';
import { streamLine } from './generation.ts';
import type { Generation } from './generation.ts';
import type { Layout } from './layout.ts';
import { createOwedReload } from './owed.ts';
import { ownersOfLine } from './owners.ts';
import { createGenerationRecord } from './record.ts';
import { writeSideFiles } from './side-files.ts';
import { createSlot } from './slot.ts';
import { createSteps } from './steps.ts';
import type { Steps } from './steps.ts';

export interface ApplierOptions extends ApplyOptions {
  readonly log: Logger;
  /** Milliseconds that new workers may take to answer, at least; 15 seconds by default. */
  readonly patience?: number;
  readonly draining: Pick<DrainWatch, 'wait' | 'makeRoom'>;
  /**
   * Milliseconds that a reload may wait for more when what it brings is served already; `automatic`: ten times what a reload takes, and
   * half a minute at most.
   */
  readonly gather?: number | 'automatic';
  /** Reloads a second at most; the first after a pause is never delayed. */
  readonly rateLimit: number;
  /** Milliseconds of a clock that never goes back, for what takes too long; default: that of this machine. */
  readonly now?: () => number;
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
  readonly failures: Failures;
  /** `environment`: no object is at fault, and the generation is tried again. */
  readonly cause: 'configuration' | 'environment';
}

/** `gathered`: everything in it is served already, so that the file changes at once, and the reload waits for more. */
export type Pace = 'now' | 'gathered';

export interface Generations {
  readonly serving: Generation | null;
  readonly coming: Generation | null;
}

export interface Applier {
  /** Replaces whatever waits. Nothing happens for a generation that is in force or was refused last. */
  submit(generation: Generation, pace?: Pace): void;
  /** Checksum of the generation that serves, or null. */
  proven(): string | null;
  /** The generation that serves, and the one that is being brought up. */
  generations(): Generations;
  /** Why the generation that is being brought up never will be; null when all is well, or while it waits for its turn. */
  overdue(): string | null;
  stop(): Promise<void>;
}

/** Milliseconds. */
const LEAST_PATIENCE = 15_000;
/** Milliseconds between tries after a fault. */
const FIRST_RETRY = 1000;
const LAST_RETRY = 30_000;

const ANNOUNCEMENT = 'Configuration changes detected, backend reload required';

export function createApplier(options: ApplierOptions): Applier {
  const steps = createSteps(options.now ?? (() => performance.now()));
  const check = watchedCheck(options.check, steps);
  return { ...createWatched({ ...options, check, steps }), overdue: steps.overdue };
}

function createWatched(options: ApplierOptions & { readonly steps: Steps }): Omit<Applier, 'overdue'> {
  const stopping = new AbortController();
  const slot = createSlot<Waiting>(stopping.signal);
  const owed = createOwedReload(options);
  const record = createGenerationRecord();
  const turn = createTurn(options, stopping.signal);
  const retry = createRetry();
  let coming: Generation | null = null;
  let working: Promise<void> | null = null;

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      const late = owed.generation();
      if (late !== null) await slot.rest(owed.dueIn(record.gathering(options.gather ?? 'automatic')));
      if (late !== null) slot.offer({ generation: late, pace: 'now' });
      const next = slot.peek();
      if (next === null) return;
      if (next.pace === 'now' && record.isNew(next.generation)) await turn.wait(record.serving());
      const newest = slot.take();
      if (newest === null || stopping.signal.aborted) return;
      const done = options.steps.work(() => work(newest));
      await done.catch((error: unknown) => outlive(newest.generation, error));
    }
  }

  async function work({ generation, pace }: Waiting): Promise<void> {
    const serving = record.serving();
    if (!record.isNew(generation)) {
      if (serving !== null && generation.checksum === serving.checksum) await owed.takeBack(serving);
    } else if (pace === 'gathered') {
      const result = await owed.add(generation, serving);
      if (!result.ok) await refuse(generation, { kind: 'refused', failures: result.failures });
    } else {
      turn.taken();
      coming = generation;
      await apply(generation, serving).finally(() => (coming = null));
    }
  }

  async function apply(generation: Generation, good: Generation | null): Promise<void> {
    if (good !== null) options.log.info(ANNOUNCEMENT, { generation: generation.checksum });
    const isPlaced = owed.generation()?.checksum === generation.checksum;
    const patience = record.patience(options.patience ?? LEAST_PATIENCE);
    const context = { good, isPlaced, patience, signal: stopping.signal, steps: options.steps };
    const applied = await applyGeneration(generation, options, context);
    if (applied.kind === 'stopped' || stopping.signal.aborted) return;
    // A machine that is busy or has no memory is in a better state soon.
    if (applied.kind === 'unexplained' && good !== null && retry.isFirst(generation))
      throw new Error(applied.message);
    if (applied.kind !== 'proven') return refuse(generation, applied);
    owed.clear();
    record.proved(generation, applied.times.proof);
    retry.reset();
    options.onProven({ generation, times: applied.times });
  }

  /** Nothing is wrong with the generation: it is tried again after a while, unless a newer one comes first. */
  async function outlive(generation: Generation, error: unknown): Promise<void> {
    if (stopping.signal.aborted) return;
    if (record.serving() === null) return options.onFault(error);
    options.onRefused(faultOf(generation, error, options.layout));
    await slot.rest(retry.next());
    slot.offer({ generation, pace: 'now' });
  }

  async function refuse(generation: Generation, reason: NotTaken): Promise<void> {
    const failures = failuresOf(reason);
    if (reason.kind === 'refused' && !isNews(failures[0], generation, record.serving()))
      await assertIsAtFault(generation, record.serving(), options);
    record.refused(generation);
    owed.refused(generation);
    options.onRefused({ generation, failures, cause: 'configuration' });
  }

  return {
    submit(generation, pace = 'now') {
      if (generation.checksum === record.serving()?.checksum && working === null) return;
      slot.put({ generation, pace });
      working ??= loop().finally(() => (working = null));
    },
    proven: () => record.serving()?.checksum ?? null,
    generations: () => ({ serving: record.serving(), coming }),
    async stop() {
      stopping.abort();
      await working;
    },
  };
}

function watchedCheck(check: ApplyOptions['check'], steps: Steps): ApplyOptions['check'] {
  return (generation, base) =>
    steps.during({ name: 'check', longest: LONGEST_CHECK }, () => check(generation, base));
}

type NotTaken = Exclude<Applied, { readonly kind: 'proven' | 'stopped' }>;

function failuresOf(reason: NotTaken): Failures {
  return reason.kind === 'refused' ? reason.failures : [{ message: reason.message, line: null }];
}

/** Whether it is about the text of a server, or about TCP and UDP, and what serves has another. */
function isNews({ line }: Failure, generation: Generation, serving: Generation | null): boolean {
  const { place, server } = ownersOfLine(generation, line);
  const stream = streamLine(generation);
  if (place === 'frame' && line !== null && stream !== null && line >= stream)
    return serving?.stream.equals(generation.stream) !== true;
  if (place !== 'server' || serving === null) return place === 'server';
  const of = ({ servers }: Generation) => servers.find((fragment) => fragment.server.host === server?.host);
  const [now, before] = [of(generation), of(serving)];
  return now === undefined || before === undefined || !now.digest.equals(before.digest);
}

/**
 * First what serves, then it once more, so that a machine that is in order again meanwhile is noticed.
 * @throws when nginx does not take what serves either, or takes it now: nobody's object can be the reason.
 */
async function assertIsAtFault(
  generation: Generation,
  serving: Generation | null,
  { check, layout }: Pick<ApplierOptions, 'check' | 'layout'>,
): Promise<void> {
  if (serving === null) return;
  const usual = await check(serving, null);
  if (!usual.ok) {
    const [{ message }] = usual.failures;
    throw new Error(`nginx refuses what serves now as well, so that no object is the reason: ${message}`);
  }
  // Files of Secrets keep their names.
  await writeSideFiles(layout, generation.files);
  const again = await check(generation, null).finally(() => writeSideFiles(layout, serving.files));
  if (again.ok) throw new Error('nginx has refused this once, and takes it now');
}

function faultOf(generation: Generation, error: unknown, layout: Layout): Refusal {
  const failures: Failures = [{ message: explain(error, layout), line: null }];
  return { generation, failures, cause: 'environment' };
}

/** Milliseconds until the next try, more each time. */
function createRetry() {
  let delay = FIRST_RETRY;
  let last = '';
  return {
    /** Whether this generation has not failed without a reason just now. */
    isFirst({ checksum }: Generation): boolean {
      const isNew = checksum !== last;
      last = checksum;
      return isNew;
    },
    next(): number {
      const now = delay;
      delay = Math.min(LAST_RETRY, delay * 2);
      return now;
    },
    reset(): void {
      delay = FIRST_RETRY;
    },
  };
}

/** When another reload may come. */
function createTurn(
  { rateLimit, draining }: Pick<ApplierOptions, 'rateLimit' | 'draining'>,
  signal: AbortSignal,
) {
  let last = Number.NEGATIVE_INFINITY;
  return {
    /** Whatever is newest when it resolves is the generation of that reload. */
    async wait(serving: Generation | null): Promise<void> {
      const rest = last + 1000 / rateLimit - performance.now();
      if (rest > 0) await setTimeout(rest, undefined, { signal }).catch(() => undefined);
      if (serving !== null) await draining.wait(signal);
    },
    taken(): void {
      last = performance.now();
    },
  };
}

interface Waiting {
  readonly generation: Generation;
  readonly pace: Pace;
}

/** In words that say what to do. */
function explain(error: unknown, { dataDir }: Layout): string {
  const reason = messageOf(error);
  switch (error instanceof Error && 'code' in error ? error.code : '') {
    case 'ENOSPC':
    case 'EDQUOT':
      return `no space left on the disk of ${dataDir}; it is tried again, make room there (${reason})`;
    case 'EROFS':
      return `the folder ${dataDir} is read-only; it is tried again, make it writable (${reason})`;
    default:
      return reason;
  }
}
