import { compareAge } from '../lib/age.ts';
import type { Aged } from '../lib/age.ts';
import { createIncrementalSort } from '../lib/incremental-sort.ts';
import type { Ingress, ObjectKey } from '../source/objects.ts';

export interface AgeOrder {
  /** The Ingresses of the map, oldest first; the same array as before when the map is the same. */
  sort(ingresses: ReadonlyMap<ObjectKey, Ingress>): readonly Ingress[];
}

export function createAgeOrder(): AgeOrder {
  const order = createIncrementalSort(byAge);
  let source: ReadonlyMap<ObjectKey, Ingress> | null = null;
  let sorted: readonly Ingress[] = [];
  return {
    sort(ingresses) {
      if (ingresses !== source) sorted = order.sort(ingresses.values());
      source = ingresses;
      return sorted;
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
