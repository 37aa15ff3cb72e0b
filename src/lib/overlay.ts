/** A map of which frozen views are cheap: a view is a large map that others share, and the few entries that changed since. */

export interface Overlay<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  /** Whether it was there. */
  delete(key: K): boolean;
  keys(): Iterable<K>;
  /** Never changes; the same as before while nothing changed. */
  view(): ReadonlyMap<K, V>;
}

/** Changes after which everything is copied once. */
const MOST_CHANGES = 128;

export function createOverlay<K, V>(): Overlay<K, V> {
  const current = new Map<K, V>();
  let base: ReadonlyMap<K, V> = new Map();
  let changes: ReadonlySet<K> = new Set();
  let fresh = new Set<K>();
  let last: ReadonlyMap<K, V> = base;

  return {
    get: (key) => current.get(key),
    set(key, value) {
      current.set(key, value);
      fresh.add(key);
    },
    delete(key) {
      if (!current.delete(key)) return false;
      fresh.add(key);
      return true;
    },
    keys: () => current.keys(),
    view() {
      if (fresh.size === 0) return last;
      changes = new Set([...changes, ...fresh]);
      fresh = new Set();
      if (changes.size > MOST_CHANGES || base.size === 0) {
        base = new Map(current);
        changes = new Set();
        last = base;
        return last;
      }
      const changed = new Map(Array.from(changes, (key) => [key, current.get(key)]));
      last = new Layered(base, changed, current.size);
      return last;
    },
  };
}

/** Changed entries before those of a base; undefined for what is gone. */
class Layered<K, V> implements ReadonlyMap<K, V> {
  readonly #base: ReadonlyMap<K, V>;
  readonly #changed: ReadonlyMap<K, V | undefined>;
  readonly size: number;

  constructor(base: ReadonlyMap<K, V>, changed: ReadonlyMap<K, V | undefined>, size: number) {
    this.#base = base;
    this.#changed = changed;
    this.size = size;
  }

  get(key: K): V | undefined {
    const changed = this.#changed.get(key);
    if (changed !== undefined || this.#changed.has(key)) return changed;
    return this.#base.get(key);
  }

  has(key: K): boolean {
    return this.#changed.has(key) ? this.#changed.get(key) !== undefined : this.#base.has(key);
  }

  *entries(): MapIterator<[K, V]> {
    for (const [key, value] of this.#base) if (!this.#changed.has(key)) yield [key, value];
    for (const [key, value] of this.#changed) if (value !== undefined) yield [key, value];
  }

  *keys(): MapIterator<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  forEach(action: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.entries()) action(value, key, this);
  }
}
