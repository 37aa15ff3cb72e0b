import { setTimeout } from 'node:timers/promises';

/** Milliseconds that a condition may take when a test does not say how many: machines are slow at times, and no test measures speed. */
const PATIENCE = 60_000;

/**
 * Asks again and again until `check` does not throw; resolves to its answer. After the deadline it rejects with what was thrown
 * last, so that the failure says what was still wrong.
 */
export async function eventually<T>(check: () => T | Promise<T>, deadline: number = PATIENCE): Promise<T> {
  const end = performance.now() + deadline;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await setTimeout(10);
  }
}

/** `eventually`, and how many milliseconds it took. */
export async function timed(check: () => unknown, deadline?: number): Promise<number> {
  const started = performance.now();
  await eventually(check, deadline);
  return performance.now() - started;
}

/** Holds for the whole time; rejects at once when `check` throws. For what must not happen. */
export async function steadily(check: () => unknown, milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    await check();
    await setTimeout(10);
  }
}
