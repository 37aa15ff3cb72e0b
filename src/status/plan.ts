/** Which Ingresses need another status. */
import type { Snapshot } from '../cluster/snapshot.ts';
import { keyOf } from '../lib/keys.ts';
import type { Ingress, ObjectKey } from '../source/objects.ts';
import { normalise } from './addresses.ts';
import type { StatusAddress } from './addresses.ts';

export interface StatusWrite {
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly StatusAddress[];
}

export type StatusPlanner = (
  ingresses: readonly Ingress[],
  statuses: Snapshot['statuses'],
  addresses: readonly StatusAddress[],
) => readonly StatusWrite[];

/**
 * Its result takes the Ingresses that belong to this controller, the statuses that they have, by key, and the addresses that they
 * should have.
 */
export function createStatusPlanner(): StatusPlanner {
  // Most Ingresses and statuses are those of the last round.
  const keys = new WeakMap<Ingress, ObjectKey>();
  const keyFor = (ingress: Ingress): ObjectKey => {
    const known = keys.get(ingress) ?? keyOf(ingress.metadata);
    keys.set(ingress, known);
    return known;
  };
  const described = new WeakMap<NonNullable<Ingress['status']>, string>();
  const describe = (status: Ingress['status'] | null): string => {
    if (status === undefined || status === null) return NOTHING;
    const known = described.get(status) ?? textOf(status);
    described.set(status, known);
    return known;
  };
  return (ingresses, statuses, addresses) => {
    const wanted = JSON.stringify(normalise(addresses));
    return ingresses
      .filter((ingress) => describe(statuses.get(keyFor(ingress))) !== wanted)
      .map(({ metadata }) => ({ namespace: metadata.namespace, name: metadata.name, addresses }));
  };
}

const NOTHING = '[]';

function textOf(status: NonNullable<Ingress['status']>): string {
  const entries = (status.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ({
    ...(ip === undefined || ip === '' ? {} : { ip }),
    ...(hostname === undefined || hostname === '' ? {} : { hostname }),
  }));
  return JSON.stringify(normalise(entries));
}
