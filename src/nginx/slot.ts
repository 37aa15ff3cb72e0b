/** A place for one thing that waits for its turn: the newest replaces what was there. */
import { setTimeout } from 'node:timers/promises';

export interface Slot<T> {
  /** Replaces what waits, and ends a rest. */
  put(item: T): void;
  /** Only when nothing waits. */
  offer(item: T): void;
  peek(): T | null;
  take(): T | null;
  /** Resolves after so many milliseconds, or when something waits, or on the signal. */
  rest(milliseconds: number): Promise<void>;
}

export function createSlot<T>(signal: AbortSignal): Slot<T> {
  let waiting: T | null = null;
  let pause = new AbortController();
  return {
    put(item) {
      waiting = item;
      pause.abort();
    },
    offer(item) {
      waiting ??= item;
    },
    peek: () => waiting,
    take() {
      const taken = waiting;
      waiting = null;
      return taken;
    },
    async rest(milliseconds) {
      if (waiting !== null || milliseconds <= 0) return;
      pause = new AbortController();
      const either = AbortSignal.any([pause.signal, signal]);
      await setTimeout(milliseconds, undefined, { signal: either }).catch(() => undefined);
    },
  };
}
