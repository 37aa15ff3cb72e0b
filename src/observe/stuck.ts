/** A sync that has not come to its end for so long never will; a large cluster takes seconds. */
const LONGEST_SYNC = 300_000;

/** @param busy milliseconds that the sync has run. @returns the reason for a failing health check, or null. */
export function stuckFor(busy: number): string | null {
  return busy > LONGEST_SYNC ? `a sync has not ended for ${Math.round(busy / 1000)} seconds` : null;
}
