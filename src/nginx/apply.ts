/** One generation from bytes to proof: check, swap, reload, answer of the new workers. */
import { rename, writeFile } from 'node:fs/promises';
import type { CheckResult } from './check.ts';
import type { ControlClient } from './control.ts';
import type { DrainWatch } from './draining.ts';
import type { Generation } from './files.ts';
import type { Layout } from './layout.ts';
import type { NginxProcess } from './process.ts';
import { proveGeneration } from './proof.ts';
import { removeUnusedSideFiles, writeSideFiles } from './side-files.ts';
import { isDraining, workersOf } from './workers.ts';

export interface ApplyOptions {
  readonly layout: Layout;
  readonly check: (generation: Generation) => Promise<CheckResult>;
  readonly nginx: Pick<NginxProcess, 'pid' | 'start' | 'reload'>;
  readonly control: Pick<ControlClient, 'generation'>;
  readonly draining: Pick<DrainWatch, 'makeRoom'>;
}

/** Milliseconds of each step. */
export interface ApplyTimes {
  readonly check: number;
  readonly proof: number;
}

export type Applied =
  | { readonly kind: 'proven'; readonly times: ApplyTimes }
  | { readonly kind: 'refused'; readonly message: string; readonly line: number | null }
  /** The signal came first. */
  | { readonly kind: 'stopped' };

/** Milliseconds that new workers may take to answer, at least. */
const MINIMUM_PROOF_TIME = 15_000;

/**
 * `good`: the file that served last; it takes its place again when the new one does not come to serve.
 * @throws on faults that are nobody's configuration: disk full, nginx cannot be started.
 */
export async function applyGeneration(
  generation: Generation,
  options: ApplyOptions & { readonly good: Buffer | null },
  signal: AbortSignal,
): Promise<Applied> {
  const started = performance.now();
  await writeSideFiles(options.layout, generation.files);
  const result = await options.check(generation);
  if (!result.ok) return { kind: 'refused', message: result.message, line: result.line };
  const checked = performance.now();
  await writeAtomically(options.layout.config, generation.config);
  const olderWorkers = await bringUp(options);
  const timeout = Math.max(MINIMUM_PROOF_TIME, (checked - started) * 10);
  const { control } = options;
  const good = await proveGeneration({
    control,
    checksum: generation.checksum,
    olderWorkers,
    timeout,
    signal,
  });
  if (signal.aborted) return { kind: 'stopped' };
  if (good) {
    await removeUnusedSideFiles(options.layout, generation.files);
    return { kind: 'proven', times: { check: checked - started, proof: performance.now() - checked } };
  }
  if (options.good !== null) {
    await writeAtomically(options.layout.config, options.good);
    options.nginx.reload();
  }
  const message = 'nginx did not start workers with this configuration; see its messages above';
  return { kind: 'refused', message, line: null };
}

/** Resolves to the workers that must be gone or draining before the new generation counts. */
async function bringUp({ nginx, draining }: ApplyOptions): Promise<ReadonlySet<number>> {
  const master = nginx.pid();
  if (master === null) {
    await nginx.start();
    return new Set();
  }
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

async function writeAtomically(path: string, content: Buffer): Promise<void> {
  const temporary = `${path}.new`;
  await writeFile(temporary, content, { mode: 0o600, flush: true });
  await rename(temporary, path);
}
