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

/** What an action gives. Rejects when it has not ended so many milliseconds after the signal; it goes on by itself then. */
export function unlessLate<T>(action: Promise<T>, signal: AbortSignal, milliseconds: number): Promise<T> {
  const asked = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const late = asked
    .then(() => setTimeout(milliseconds, undefined, { ref: false }))
    .then(() => Promise.reject(new Error('it has not ended in time')));
  return Promise.race([action, late]);
}
