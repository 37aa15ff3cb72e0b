/** What goes on for longer than it can, so that only a new process helps. */
import type { Logger } from '../lib/log.ts';

/** A sync that has not come to its end for so long never will; a large cluster takes seconds. */
const LONGEST_SYNC = 300_000;

export interface StuckInput {
  /** Milliseconds that the sync has run. */
  readonly sync: () => number;
  /** Why the generation that is being brought up never will be, or null. */
  readonly generation: () => string | null;
  readonly log: Logger;
}

/** Gives the reason for a failing health check, or null. The first time that there is one it is logged. */
export function createStuckCheck({ sync, generation, log }: StuckInput): () => string | null {
  let told = false;
  return () => {
    const reason = stuckFor(sync()) ?? generation();
    if (reason !== null && !told)
      log.error('the controller does not go on; its health check fails until it does', { reason });
    told = reason !== null;
    return reason;
  };
}

function stuckFor(busy: number): string | null {
  return busy > LONGEST_SYNC ? `a sync has not ended for ${Math.round(busy / 1000)} seconds` : null;
}
