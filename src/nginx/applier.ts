/** Brings generations into force: check, swap, reload, proof. One at a time; of those that wait, only the newest counts. */
import { rename, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from '../lib/log.ts';
import type { CheckResult } from './check.ts';
import type { ControlClient } from './control.ts';
import type { Generation } from './files.ts';
import type { Layout } from './layout.ts';
import type { NginxProcess } from './process.ts';
import { proveGeneration } from './proof.ts';
import { isDraining, workersOf } from './workers.ts';

export interface ApplierOptions {
  readonly layout: Layout;
  readonly check: (generation: Generation) => Promise<CheckResult>;
  readonly nginx: NginxProcess;
  readonly control: ControlClient;
  readonly log: Logger;
  /** Reloads a second at most; the first after a pause is never delayed. */
  readonly rateLimit: number;
  readonly onProven: (proven: Proven) => void;
  readonly onRefused: (refusal: Refusal) => void;
  /** A fault that is nobody's configuration: disk full, nginx cannot be started. */
  readonly onFault: (error: unknown) => void;
}

export interface Proven {
  readonly generation: Generation;
  /** Milliseconds of each step. */
  readonly times: { readonly check: number; readonly proof: number };
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
  /** Whether nothing waits and nothing is under way. */
  idle(): boolean;
  stop(): Promise<void>;
}

/** Milliseconds that new workers may take to answer, at least. */
const MINIMUM_PROOF_TIME = 15_000;

export function createApplier(options: ApplierOptions): Applier {
  const { layout, nginx, log } = options;
  const stopping = new AbortController();
  let waiting: Generation | null = null;
  let working: Promise<void> | null = null;
  let proven: string | null = null;
  let refused: string | null = null;
  let lastReload = Number.NEGATIVE_INFINITY;

  async function loop(): Promise<void> {
    while (waiting !== null && !stopping.signal.aborted) {
      await delayForRate();
      const generation: Generation = waiting;
      waiting = null;
      if (stopping.signal.aborted || generation.checksum === proven) continue;
      await apply(generation).catch((error: unknown) => fault(generation, error));
    }
  }

  // Before anything serves there is no state to keep; afterwards the last good one stays in force.
  function fault(generation: Generation, error: unknown): void {
    if (proven === null) options.onFault(error);
    else refuse(generation, { message: error instanceof Error ? error.message : String(error), line: null });
  }

  async function delayForRate(): Promise<void> {
    const wait = lastReload + 1000 / options.rateLimit - performance.now();
    if (wait > 0) await setTimeout(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
  }

  async function apply(generation: Generation): Promise<void> {
    if (generation.checksum === refused) return;
    const started = performance.now();
    if (nginx.pid() !== null) log.info('Configuration changes detected, backend reload required', { generation: generation.checksum });
    lastReload = started;
    const result = await options.check(generation);
    if (!result.ok) return refuse(generation, result);
    const checked = performance.now();
    await writeAtomically(layout.config, generation.config);
    const olderWorkers = await bringUp();
    const timeout = Math.max(MINIMUM_PROOF_TIME, (checked - started) * 10);
    const { control } = options;
    const { checksum } = generation;
    const good = await proveGeneration({ control, checksum, olderWorkers, timeout, signal: stopping.signal });
    if (stopping.signal.aborted) return;
    if (!good) return refuse(generation, { message: 'nginx did not start workers with this configuration; see its messages above', line: null });
    proven = checksum;
    refused = null;
    options.onProven({ generation, times: { check: checked - started, proof: performance.now() - checked } });
  }

  async function bringUp(): Promise<ReadonlySet<number>> {
    const master = nginx.pid();
    if (master === null) {
      await nginx.start();
      return new Set();
    }
    const older = await currentWorkers(master);
    nginx.reload();
    return older;
  }

  function refuse(generation: Generation, reason: { readonly message: string; readonly line: number | null }): void {
    refused = generation.checksum;
    options.onRefused({ generation, ...reason });
  }

  return {
    submit(generation) {
      if (generation.checksum === proven && working === null) return;
      waiting = generation;
      working ??= loop().finally(() => {
        working = null;
      });
    },
    proven: () => proven,
    idle: () => working === null,
    async stop() {
      stopping.abort();
      await working;
    },
  };
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
