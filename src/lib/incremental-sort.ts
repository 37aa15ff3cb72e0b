export interface IncrementalSort<T> {
  /** The items in order. Fast when they are mostly those of the last call. */
  sort(items: Iterable<T>): readonly T[];
}

/** Keeps the last order, since sorting a list that is almost sorted costs little and sorting 10,000 keys does not. */
export function createIncrementalSort<T>(compare: (a: T, b: T) => number): IncrementalSort<T> {
  let sorted: readonly T[] = [];
  return {
    sort(items) {
      const current = new Set(items);
      const kept = sorted.filter((item) => current.delete(item));
      if (current.size === 0 && kept.length === sorted.length) return sorted;
      sorted = Object.freeze([...kept, ...current].sort(compare));
      return sorted;
    },
  };
}
