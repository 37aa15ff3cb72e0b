/** Long pure work in slices, so that it never holds the event loop for long. */
import { setImmediate } from 'node:timers/promises';
import { sameItems } from './memo.ts';

/** Work that says by `yield` where it may be interrupted. It must not depend on anything that changes meanwhile. */
export type Sliced<T> = Generator<undefined, T, undefined>;

/** Milliseconds between two looks at the event loop. */
const SLICE = 8;

export function inOneGo<T>(work: Sliced<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

export async function inSlices<T>(work: Sliced<T>): Promise<T> {
  for (let since = performance.now(); ;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (performance.now() - since < SLICE) continue;
    await setImmediate();
    since = performance.now();
  }
}

/** As `memoizeLast`, for work in slices. */
export function memoizeSliced<A extends readonly unknown[], R>(
  compute: (...args: A) => Sliced<R>,
  inputsOf: (...args: A) => readonly unknown[] = (...args) => args,
): (...args: A) => Sliced<R> {
  let last: { readonly inputs: readonly unknown[]; readonly result: R } | null = null;
  return function* remembered(...args) {
    const inputs = inputsOf(...args);
    if (last !== null && sameItems(last.inputs, inputs)) return last.result;
    last = { inputs, result: yield* compute(...args) };
    return last.result;
  };
}

/** Items between two places to be interrupted: each of these costs as much as many items that are known already. */
const STRIDE = 50;

/** Does something with each item. */
export function* each<T>(items: Iterable<T>, action: (item: T) => void): Sliced<void> {
  let count = 0;
  for (const item of items) {
    action(item);
    if (++count % STRIDE === 0) yield;
  }
}
