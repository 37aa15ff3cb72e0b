/** Which Ingresses need another status. Pure. */
import type { Snapshot } from '../cluster/snapshot.ts';
import { keyOf } from '../lib/keys.ts';
import type { Ingress } from '../source/objects.ts';
import { normalise } from './addresses.ts';
import type { StatusAddress } from './addresses.ts';

export interface StatusWrite {
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly StatusAddress[];
}

/**
 * @param ingresses those that belong to this controller.
 * @param statuses those that they have, by key.
 */
export function planStatus(
  ingresses: readonly Ingress[],
  statuses: Snapshot['statuses'],
  addresses: readonly StatusAddress[],
): readonly StatusWrite[] {
  const wanted = JSON.stringify(normalise(addresses));
  return ingresses
    .filter(({ metadata }) => describe(statuses.get(keyOf(metadata))) !== wanted)
    .map(({ metadata }) => ({ namespace: metadata.namespace, name: metadata.name, addresses }));
}

function describe(status: Ingress['status']): string {
  const entries = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ({
    ...(ip === undefined || ip === '' ? {} : { ip }),
    ...(hostname === undefined || hostname === '' ? {} : { hostname }),
  }));
  return JSON.stringify(normalise(entries));
}
