/** One generation from bytes to proof: check, swap, reload, answer of the new workers. */
import { rename } from 'node:fs/promises';
import { LONGEST_READ } from './check.ts';
import type { CheckResult, Failure } from './check.ts';
import type { ControlClient } from './control.ts';
import type { DrainWatch } from './draining.ts';
import { partsOf } from './generation.ts';
import type { Generation } from './generation.ts';
import type { Layout } from './layout.ts';
import type { NginxProcess } from './process.ts';
import { proveGeneration } from './proof.ts';
import { removeUnusedSideFiles, writeSideFiles } from './side-files.ts';
import type { Steps } from './steps.ts';
import { isDraining, workersOf } from './workers.ts';
import { writeParts } from './write-parts.ts';

export interface ApplyOptions {
  readonly layout: Layout;
  /** Lets nginx test what `base` does not prove already; all of it when that is null. */
  readonly check: (generation: Generation, base: Generation | null) => Promise<CheckResult>;
  readonly nginx: Pick<NginxProcess, 'pid' | 'start' | 'reload'>;
  readonly control: Pick<ControlClient, 'generation'>;
  readonly draining: Pick<DrainWatch, 'makeRoom'>;
}

/** Milliseconds of each step. */
export interface ApplyTimes {
  readonly check: number;
  readonly proof: number;
}

export type Failures = readonly [Failure, ...Failure[]];

export type Applied =
  | { readonly kind: 'proven'; readonly times: ApplyTimes }
  | { readonly kind: 'refused'; readonly failures: Failures }
  /** nginx did not come up with it, and its check has nothing against it. */
  | { readonly kind: 'unexplained'; readonly message: string }
  /** The signal came first. */
  | { readonly kind: 'stopped' };

export interface ApplyContext {
  /** What served last; its file takes the place again when the new one does not come to serve. Null for the first start. */
  readonly good: Generation | null;
  /** Whether it has been checked and lies in its place already. */
  readonly isPlaced: boolean;
  /** Milliseconds that new workers may take to answer. */
  readonly patience: number;
  readonly signal: AbortSignal;
  readonly steps: Pick<Steps, 'during'>;
}

/** @throws on faults that are nobody's configuration: disk full, nginx cannot be started. */
export async function applyGeneration(
  generation: Generation,
  options: ApplyOptions,
  context: ApplyContext,
): Promise<Applied> {
  const started = performance.now();
  if (!context.isPlaced) {
    const result = await placeGeneration(generation, options, context.good);
    if (!result.ok) return { kind: 'refused', failures: result.failures };
  }
  const checked = performance.now();
  const { steps, patience: timeout } = context;
  const loading = { name: 'start or reload', longest: LONGEST_READ } as const;
  const olderWorkers = await steps.during(loading, () => bringUp(options));
  if (olderWorkers === null) return explain(generation, options);
  const { control } = options;
  const { checksum } = generation;
  const good = await steps.during({ name: 'proof', longest: timeout }, () =>
    proveGeneration({ control, checksum, olderWorkers, timeout, signal: context.signal }),
  );
  if (context.signal.aborted) return { kind: 'stopped' };
  if (!good) return takeBack(generation, options, context.good);
  await removeUnusedSideFiles(options.layout, generation.files);
  return { kind: 'proven', times: { check: checked - started, proof: performance.now() - checked } };
}

/** Checks it and puts it where nginx reads it next. @param good what serves, or null. */
export async function placeGeneration(
  generation: Generation,
  options: Pick<ApplyOptions, 'layout' | 'check' | 'nginx'>,
  good: Generation | null,
): Promise<CheckResult> {
  await writeSideFiles(options.layout, generation.files);
  const isFirst = good === null && options.nginx.pid() === null;
  // Reading the file twice would double the time of the first start, and there is nothing that a bad file could harm.
  const result = isFirst ? ({ ok: true } as const) : await options.check(generation, good);
  if (result.ok) await writeAtomically(options.layout.config, generation);
  // Files of Secrets keep their names, and what serves needs those that it was made with.
  else if (good !== null) await writeSideFiles(options.layout, good.files);
  return result;
}

async function takeBack(
  generation: Generation,
  options: ApplyOptions,
  good: Generation | null,
): Promise<Applied> {
  if (good !== null) {
    await writeSideFiles(options.layout, good.files);
    await writeAtomically(options.layout.config, good);
    options.nginx.reload();
  }
  return explain(generation, options);
}

/** Why nginx did not bring up what it was given. */
async function explain(generation: Generation, options: ApplyOptions): Promise<Applied> {
  const result = await options.check(generation, null);
  if (!result.ok) return { kind: 'refused', failures: result.failures };
  const message = 'nginx did not start workers with this configuration; see its messages above';
  return { kind: 'unexplained', message };
}

/** Resolves to the workers that must be gone or draining before the new generation counts; to null when nginx ended at once. */
async function bringUp({ nginx, draining }: ApplyOptions): Promise<ReadonlySet<number> | null> {
  const master = nginx.pid();
  if (master === null) return (await nginx.start()) === 'runs' ? new Set() : null;
  await draining.makeRoom();
  const older = await currentWorkers(master);
  nginx.reload();
  return older;
}

/** Workers that still take connections. */
async function currentWorkers(master: number): Promise<ReadonlySet<number>> {
  const workers = new Set<number>();
  for (const worker of await workersOf(master)) {
    if (!(await isDraining(worker))) workers.add(worker);
  }
  return workers;
}

async function writeAtomically(path: string, generation: Generation): Promise<void> {
  const temporary = `${path}.new`;
  await writeParts(temporary, partsOf(generation));
  await rename(temporary, path);
}
