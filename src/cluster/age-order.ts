import { createIncrementalSort } from '../lib/incremental-sort.ts';
import { keyOf } from '../lib/keys.ts';
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

/** Oldest first; an unknown time counts as oldest; equal times by key, descending (compat/behaviour.md 3.5). */
export function byAge(a: Ingress, b: Ingress): number {
  const [left, right] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (left !== right) return left < right ? -1 : 1;
  const [leftKey, rightKey] = [keyOf(a.metadata), keyOf(b.metadata)];
  if (leftKey === rightKey) return 0;
  return leftKey > rightKey ? -1 : 1;
}
