/** Which addresses are published in the status of Ingresses (compat/behaviour.md 32.2). Pure. */
import { isIP } from 'node:net';
import type { Snapshot } from '../cluster/snapshot.ts';
import type { Node, Pod, Service } from '../source/objects.ts';

export interface StatusAddress {
  readonly ip?: string;
  readonly hostname?: string;
}

export interface AddressOptions {
  /** `--publish-status-address`; empty when not given. */
  readonly publishStatusAddress: string;
  /** `--publish-service`, `namespace/name`; empty when not given. */
  readonly publishService: string;
  readonly reportNodeInternalIp: boolean;
}

/** Sorted by hostname, then address; each once. */
export function addressesOf(snapshot: Snapshot, options: AddressOptions): readonly StatusAddress[] {
  return normalise(rawAddresses(snapshot, options));
}

function rawAddresses(snapshot: Snapshot, options: AddressOptions): readonly StatusAddress[] {
  if (options.publishStatusAddress !== '') {
    return options.publishStatusAddress
      .split(/,\s*/)
      .filter((text) => text !== '')
      .map(toAddress);
  }
  if (options.publishService !== '') {
    const service = snapshot.services.get(options.publishService);
    return service === undefined ? [] : serviceAddresses(service);
  }
  return nodeAddresses(snapshot, options);
}

function toAddress(text: string): StatusAddress {
  return isIP(text) === 0 ? { hostname: text } : { ip: text };
}

function serviceAddresses({ spec, status }: Service): readonly StatusAddress[] {
  const external = (spec.externalIPs ?? []).map(toAddress);
  const cluster =
    spec.clusterIP === undefined || spec.clusterIP === '' || spec.clusterIP === 'None'
      ? []
      : [toAddress(spec.clusterIP)];
  switch (spec.type) {
    case 'ExternalName':
      return spec.externalName === undefined ? [] : [toAddress(spec.externalName)];
    case 'NodePort':
      return external.length > 0 ? external : cluster;
    case 'LoadBalancer':
      return [
        ...(status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => both(ip, hostname)),
        ...external,
      ];
    default:
      return cluster;
  }
}

function both(ip: string | undefined, hostname: string | undefined): readonly StatusAddress[] {
  const address = { ...(present(ip) ? { ip } : {}), ...(present(hostname) ? { hostname } : {}) };
  return Object.keys(address).length === 0 ? [] : [address];
}

function present(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

/** The snapshot holds only pods like this one; their nodes' external addresses, or internal ones where there are none. */
function nodeAddresses(snapshot: Snapshot, options: AddressOptions): readonly StatusAddress[] {
  const names = new Set([...snapshot.pods.values()].filter(isReady).map((pod) => pod.spec?.nodeName ?? ''));
  return [...names].flatMap((name) => {
    const node = snapshot.nodes.get(name);
    return node === undefined ? [] : addressesOfNode(node, options);
  });
}

function addressesOfNode({ status }: Node, options: AddressOptions): readonly StatusAddress[] {
  const ofType = (type: string) =>
    (status?.addresses ?? []).filter((entry) => entry.type === type).map((entry) => toAddress(entry.address));
  const external = options.reportNodeInternalIp ? [] : ofType('ExternalIP');
  return external.length > 0 ? external : ofType('InternalIP');
}

export function isReady({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp !== undefined || status?.phase !== 'Running') return false;
  return status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}

/** In one order, without repetitions: equal lists are equal texts. */
export function normalise(addresses: readonly StatusAddress[]): readonly StatusAddress[] {
  const keyed = new Map(
    addresses.map((address) => [`${address.hostname ?? ''} ${address.ip ?? ''}`, address]),
  );
  return [...keyed.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, address]) => address);
}
