/** Who serves when this replica has gone. */
import type { Snapshot } from '../cluster/snapshot.ts';
import type { Pod } from '../source/objects.ts';

/** `coming`: another pod starts, and none is ready yet. */
export type Successor = 'ready' | 'coming' | 'none';

/** @param own name of the own pod; all pods of the snapshot are replicas of the same controller. */
export function successorOf({ pods }: Pick<Snapshot, 'pods'>, own: string): Successor {
  const others = [...pods.values()].filter((pod) => pod.metadata.name !== own && stays(pod));
  if (others.some(isReady)) return 'ready';
  return others.length > 0 ? 'coming' : 'none';
}

/** A pod that ends itself, or has ended, is nobody's successor. */
function stays({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined && (status?.phase === 'Running' || status?.phase === 'Pending')
  );
}

function isReady({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  );
}
