/** For what may never end. */
import { setTimeout } from 'node:timers/promises';

/** Whether an action has ended in so many milliseconds; one that has not goes on by itself. Rejects as it does. */
export async function endsWithin(action: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const timer = new AbortController();
  const late = setTimeout(milliseconds, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([action.then(() => true), late]);
  } finally {
    timer.abort();
  }
}
