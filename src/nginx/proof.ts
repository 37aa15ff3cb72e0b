/** Proof that a generation serves: its workers answer, and no older worker takes connections any more. */
import { setTimeout } from 'node:timers/promises';
import type { ControlClient } from './control.ts';
import { isDraining } from './workers.ts';

export interface ProofOptions {
  readonly control: Pick<ControlClient, 'generation'>;
  readonly checksum: string;
  /** Workers of the generations before. */
  readonly olderWorkers: ReadonlySet<number>;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** Resolves to true once proven, to false when the time is up or the signal aborts. */
export async function proveGeneration(options: ProofOptions): Promise<boolean> {
  const deadline = performance.now() + options.timeout;
  for (
    let wait = 2;
    performance.now() < deadline && !options.signal.aborted;
    wait = Math.min(100, wait * 1.3)
  ) {
    if ((await answers(options)) && (await allDraining(options.olderWorkers))) return true;
    await setTimeout(wait);
  }
  return false;
}

async function answers({ control, checksum }: ProofOptions): Promise<boolean> {
  const answer = await control.generation().catch(() => null);
  return answer?.checksum === checksum;
}

async function allDraining(workers: ReadonlySet<number>): Promise<boolean> {
  const states = await Promise.all([...workers].map(isDraining));
  return states.every(Boolean);
}
