/**
 * Long lists in chunks. A list made from another one shares all chunks in which nothing changed: what follows from a chunk need not
 * be computed again, and what differs is found without a look at everything. To everybody else it is an ordinary list; one that
 * was made otherwise has chunks of its own, which nothing is known about.
 */
import { keepLast, memoizeLast, sameItems } from './memo.ts';
import type { Sliced } from './slices.ts';

const CHUNKS = Symbol('chunks');
/** Items. */
const SIZE = 64;

/** Never empty. */
export type Chunk<T> = readonly T[];

interface Chunked<T> extends ReadonlyArray<T> {
  readonly [CHUNKS]?: readonly Chunk<T>[];
}

export function chunksOf<T>(list: readonly T[]): readonly Chunk<T>[] {
  return (list as Chunked<T>)[CHUNKS] ?? split(list);
}

/** One list of all chunks, which it keeps. */
export function joined<T>(chunks: readonly Chunk<T>[]): readonly T[] {
  const kept = chunks.filter((chunk) => chunk.length > 0);
  // Not a property that comparisons and copies see.
  return Object.freeze(Object.defineProperty(([] as T[]).concat(...kept), CHUNKS, { value: kept }));
}

/** As `joined`; the list of the last time when all chunks are the same. */
export function createJoin<T>(): (chunks: readonly Chunk<T>[]) => readonly T[] {
  const keep = keepLast<Chunk<T>>();
  const join = memoizeLast((chunks: readonly Chunk<T>[]) => joined(chunks));
  return (chunks) => join(keep(chunks));
}

/**
 * Chunks that say the same as those of the last time are those, found by their first item.
 * @param nameOf unique in a list.
 */
export function keepChunks<T>(
  nameOf: (item: T) => string,
  saysSame: (a: T, b: T) => boolean,
): (chunks: readonly Chunk<T>[]) => readonly Chunk<T>[] {
  let last = new Map<string, Chunk<T>>();
  return (chunks) => {
    const next = new Map<string, Chunk<T>>();
    for (const chunk of chunks) {
      const [first] = chunk;
      if (first === undefined) continue;
      const name = nameOf(first);
      const known = last.get(name) ?? [];
      const isKnown =
        known.length === chunk.length && chunk.every((item, at) => saysSame(known[at] as T, item));
      next.set(name, isKnown ? known : chunk);
    }
    last = next;
    return [...next.values()];
  };
}

function split<T>(items: readonly T[], size = SIZE): Chunk<T>[] {
  const chunks: Chunk<T>[] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}

/** What a function says about each chunk of a list; it is asked once about each. The function must be pure. */
export function perChunk<T, R>(
  compute: (chunk: Chunk<T>) => R,
): (list: readonly T[]) => Sliced<readonly R[]> {
  return perChunkInSlices(function* computeAtOnce(chunk) {
    const result = compute(chunk);
    yield;
    return result;
  });
}

/** The same for functions that take long. */
export function perChunkInSlices<T, R>(
  compute: (chunk: Chunk<T>) => Sliced<R>,
): (list: readonly T[]) => Sliced<readonly R[]> {
  const known = new WeakMap<Chunk<T>, { readonly result: R }>();
  return function* resultsOf(list) {
    const results: R[] = [];
    for (const chunk of chunksOf(list)) {
      let entry = known.get(chunk);
      if (entry === undefined) {
        entry = { result: yield* compute(chunk) };
        known.set(chunk, entry);
      }
      results.push(entry.result);
    }
    return results;
  };
}

const GROUP = 16;

/**
 * What many parts are together, computed in groups of which most stay the same.
 * @param combine associative, and pure.
 */
export function gathered<R>(combine: (parts: readonly R[]) => R): (parts: readonly R[]) => R {
  let groups: readonly { readonly parts: readonly R[]; readonly result: R }[] = [];
  return (parts) => {
    const last = groups;
    groups = split(parts, GROUP).map((group, at) => {
      const known = last[at];
      return known !== undefined && sameItems(known.parts, group)
        ? known
        : { parts: group, result: combine(group) };
    });
    return combine(groups.map(({ result }) => result));
  };
}

/** Items, by identity. */
export interface Difference<T> {
  readonly removed: readonly T[];
  readonly added: readonly T[];
}

/** What became of one list in another one; no list holds an item twice. */
export function differenceOf<T>(before: readonly T[], after: readonly T[]): Difference<T> {
  if (before === after) return { removed: [], added: [] };
  const old = new Set(chunksOf(before));
  const fresh = chunksOf(after).filter((chunk) => !old.delete(chunk));
  const removed = new Set(Array.from(old).flat());
  const added = fresh.flat().filter((item) => !removed.delete(item));
  return { removed: [...removed], added };
}

/**
 * A sorted list with some items less and some more.
 * @param compare an order in which no two items of a list are equal.
 */
export function resorted<T>(
  list: readonly T[],
  { removed, added }: Difference<T>,
  compare: (a: T, b: T) => number,
): readonly T[] {
  if (removed.length + added.length === 0) return list;
  const gone = new Set(removed);
  const left = (items: readonly T[]) => items.filter((item) => !gone.has(item));
  if ((removed.length + added.length) * 4 > list.length) {
    return joined(split([...left(list), ...added].sort(compare)));
  }
  const chunks: (readonly Chunk<T>[])[] = chunksOf(list).map((chunk) => [chunk]);
  const touched = new Map<number, T[]>();
  const firsts = chunks.map(([chunk]) => chunk?.[0] as T);
  for (const item of removed) touched.set(placeOf(item, firsts, compare), []);
  for (const item of added) {
    const at = placeOf(item, firsts, compare);
    const more = touched.get(at);
    if (more === undefined) touched.set(at, [item]);
    else more.push(item);
  }
  for (const [at, more] of touched) {
    const items = [...left(chunks[at]?.[0] ?? []), ...more].sort(compare);
    chunks[at] = items.length > 2 * SIZE ? split(items) : [items];
  }
  return joined(chunks.flat());
}

/** The last of those that begin with this item or one before it. */
function placeOf<T>(item: T, firsts: readonly T[], compare: (a: T, b: T) => number): number {
  let [low, high] = [0, firsts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (compare(firsts[middle] as T, item) <= 0) low = middle;
    else high = middle;
  }
  return low;
}
