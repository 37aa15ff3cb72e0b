/** Endpoints in the zone of the controller, for Services that ask for it (compat/behaviour.md 5.5). */
import type { EndpointSlice, Service, SliceEndpoint } from '../source/objects.ts';

/** Which endpoints of a slice may serve. */
export type Nearness = (slice: EndpointSlice) => (endpoint: SliceEndpoint) => boolean;

const EVERYWHERE: Nearness = () => () => true;

/** @param zone of the controller; null when it does not matter or is unknown. */
export function nearnessOf(service: Service, zone: string | null): Nearness {
  if (zone === null) return EVERYWHERE;
  const isAuto =
    service.metadata.annotations?.['service.kubernetes.io/topology-mode']?.toLowerCase() === 'auto';
  const isClose = service.spec.trafficDistribution === 'PreferClose';
  if (!isAuto && !isClose) return EVERYWHERE;
  const isHere = ({ hints }: SliceEndpoint) => hints?.forZones?.some(({ name }) => name === zone) === true;
  return ({ endpoints }) => {
    const all = endpoints ?? [];
    const hinted = all.every(({ hints }) => (hints?.forZones?.length ?? 0) > 0);
    return hinted && (isAuto || all.some(isHere)) ? isHere : () => true;
  };
}
