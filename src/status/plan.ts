/** Which Ingresses need another status. Pure. */
import type { Ingress } from '../source/objects.ts';
import { normalise } from './addresses.ts';
import type { StatusAddress } from './addresses.ts';

export interface StatusWrite {
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly StatusAddress[];
}

/** @param ingresses those that belong to this controller. */
export function planStatus(
  ingresses: readonly Ingress[],
  addresses: readonly StatusAddress[],
): readonly StatusWrite[] {
  const wanted = JSON.stringify(normalise(addresses));
  return ingresses
    .filter((ingress) => currentStatus(ingress) !== wanted)
    .map(({ metadata }) => ({ namespace: metadata.namespace, name: metadata.name, addresses }));
}

function currentStatus({ status }: Ingress): string {
  const entries = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ({
    ...(ip === undefined || ip === '' ? {} : { ip }),
    ...(hostname === undefined || hostname === '' ? {} : { hostname }),
  }));
  return JSON.stringify(normalise(entries));
}
