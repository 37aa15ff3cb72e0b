import { isIP } from 'node:net';
import type { EndpointSlice, SliceEndpoint, SlicePort } from '../objects.ts';
import { type At, bool, child, compact, dictionary, list, needed, portNumber, text } from './check.ts';
import { seal, type WrittenMeta } from './identity.ts';

const apiVersion = 'discovery.k8s.io/v1';

export function endpointSlice(at: At, metadata: WrittenMeta): EndpointSlice {
  return slice(at, metadata, (endpoint) => ({
    nodeName: text(child(endpoint, 'nodeName')),
    zone: text(child(endpoint, 'zone')),
  }));
}

/** `discovery.k8s.io/v1beta1` kept node and zone in a map. */
export function betaEndpointSlice(at: At, metadata: WrittenMeta): EndpointSlice {
  return slice(at, metadata, (endpoint) => {
    const topology = child(endpoint, 'topology');
    return {
      nodeName: text(child(endpoint, 'nodeName')) ?? text(child(topology, 'kubernetes.io/hostname')),
      zone: text(child(topology, 'topology.kubernetes.io/zone')),
    };
  });
}

type Placement = (endpoint: At) => {
  readonly nodeName: string | undefined;
  readonly zone: string | undefined;
};

function slice(at: At, metadata: WrittenMeta, placement: Placement): EndpointSlice {
  const addressType = needed(child(at, 'addressType'), readAddressType) ?? '';
  const rest = compact({
    addressType,
    endpoints: list(child(at, 'endpoints'), (item) => readEndpoint(item, addressType, placement)),
    ports: list(child(at, 'ports'), readSlicePort),
  });
  return seal({ kind: 'EndpointSlice', apiVersion, metadata }, rest);
}

function readAddressType(at: At): string | undefined {
  const value = text(at);
  if (value === undefined || ['IPv4', 'IPv6', 'FQDN'].includes(value)) return value;
  at.report(at.field, 'must be IPv4, IPv6 or FQDN');
  return undefined;
}

function readEndpoint(at: At, addressType: string, placement: Placement): SliceEndpoint | undefined {
  if (dictionary(at) === undefined) return undefined;
  const conditions = dictionary(child(at, 'conditions'));
  const hints = dictionary(child(at, 'hints'));
  return compact({
    addresses: list(child(at, 'addresses'), (address) => readAddress(address, addressType)),
    conditions:
      conditions &&
      compact({
        ready: bool(child(conditions, 'ready')),
        serving: bool(child(conditions, 'serving')),
        terminating: bool(child(conditions, 'terminating')),
      }),
    hints: hints && compact({ forZones: list(child(hints, 'forZones'), readZone) }),
    ...placement(at),
  });
}

function readZone(at: At): { readonly name: string } | undefined {
  const name = needed(child(at, 'name'), text);
  return name === undefined ? undefined : { name };
}

function readAddress(at: At, addressType: string): string | undefined {
  const address = text(at);
  if (address === undefined || addressType === 'FQDN' || addressType === '') return address;
  if (familyOf(address) === addressType) return address;
  at.report(at.field, `must be an ${addressType} address, as addressType says`);
  return undefined;
}

/** Zones such as `%eth0` mean nothing on another machine, and the API server refuses them. */
function familyOf(address: string): 'IPv4' | 'IPv6' | undefined {
  if (address.includes('%')) return undefined;
  const family = isIP(address);
  return family === 4 ? 'IPv4' : family === 6 ? 'IPv6' : undefined;
}

function readSlicePort(at: At): SlicePort | undefined {
  if (dictionary(at) === undefined) return undefined;
  return compact({
    name: text(child(at, 'name')) ?? '',
    port: portNumber(child(at, 'port')),
    protocol: text(child(at, 'protocol')) ?? 'TCP',
  });
}

interface Address {
  readonly family: 'IPv4' | 'IPv6';
  readonly endpoint: SliceEndpoint;
}

/**
 * The `Endpoints` of old as slices, one for each subset and address family, named `<name>-endpoints-<number>`. They stand beside
 * real slices of the same Service.
 */
export function endpoints(at: At, metadata: WrittenMeta): readonly EndpointSlice[] {
  const groups = (list(child(at, 'subsets'), readSubset) ?? []).flat();
  const labels = { ...metadata.labels, 'kubernetes.io/service-name': metadata.name };
  return groups.map((group, index) =>
    seal(
      {
        kind: 'EndpointSlice',
        apiVersion,
        metadata: { ...metadata, labels, name: `${metadata.name}-endpoints-${index}` },
      },
      group,
    ),
  );
}

type Group = Pick<EndpointSlice, 'addressType' | 'endpoints' | 'ports'>;

function readSubset(at: At): readonly Group[] | undefined {
  if (dictionary(at) === undefined) return undefined;
  const ports = list(child(at, 'ports'), readSlicePort) ?? [];
  const all = [
    ...(list(child(at, 'addresses'), (item) => readOldAddress(item, { ready: true })) ?? []),
    ...(list(child(at, 'notReadyAddresses'), (item) => readOldAddress(item, { ready: false })) ?? []),
  ];
  return (['IPv4', 'IPv6'] as const).flatMap((family) => {
    const members = all.filter((address) => address.family === family).map(({ endpoint }) => endpoint);
    return members.length === 0 ? [] : [{ addressType: family, endpoints: members, ports }];
  });
}

function readOldAddress(at: At, conditions: { readonly ready: boolean }): Address | undefined {
  if (dictionary(at) === undefined) return undefined;
  const ip = needed(child(at, 'ip'), text);
  if (ip === undefined) return undefined;
  const family = familyOf(ip);
  if (family === undefined) {
    at.report(child(at, 'ip').field, 'must be an IP address');
    return undefined;
  }
  const nodeName = text(child(at, 'nodeName'));
  return { family, endpoint: compact({ addresses: [ip], conditions, nodeName }) };
}
