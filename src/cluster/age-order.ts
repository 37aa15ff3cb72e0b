import { compareAge } from '../lib/age.ts';
import type { Aged } from '../lib/age.ts';
import { resorted } from '../lib/chunks.ts';
import type { Ingress } from '../source/objects.ts';

export interface AgeOrder {
  /** One version takes the place of another one; undefined: there was none, or is none any more. */
  swap(before: Ingress | undefined, after: Ingress | undefined): void;
  /** All Ingresses, oldest first; the same array as before when nothing was swapped. */
  sorted(): readonly Ingress[];
}

export function createAgeOrder(): AgeOrder {
  const removed = new Set<Ingress>();
  const added = new Set<Ingress>();
  let list: readonly Ingress[] = Object.freeze([]);
  return {
    swap(before, after) {
      if (before !== undefined && !added.delete(before)) removed.add(before);
      if (after !== undefined) added.add(after);
    },
    sorted() {
      list = resorted(list, { removed: [...removed], added: [...added] }, byAge);
      removed.clear();
      added.clear();
      return list;
    },
  };
}

/** The order of `compareAge`. */
export function byAge(a: Ingress, b: Ingress): number {
  return compareAge(agedOf(a), agedOf(b));
}

function agedOf({ metadata: { creationTimestamp: created, namespace, name } }: Ingress): Aged {
  return { created, namespace, name };
}
