/** From a Service and its EndpointSlices to addresses (compat/behaviour.md 5.4 to 5.6). */
import { joinHostPort } from '../lib/addresses.ts';
import type { EndpointSlice, ObjectRef, Service, ServicePort } from '../source/objects.ts';
import type { BackendRef, BackendTarget } from './graph.ts';
import { warning } from './problems.ts';
import type { Problem } from './problems.ts';
import type { GraphOptions } from './options.ts';
import { nearnessOf } from './topology.ts';
import type { Nearness } from './topology.ts';

export type ResolveOptions = Pick<
  GraphOptions,
  'disableSvcExternalName' | 'loopbackEndpoints' | 'ownEndpoints' | 'reach'
>;

export interface ServiceView {
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
  /** `cluster-ip`: the annotation service-upstream. */
  readonly use: 'endpoints' | 'cluster-ip';
  /** Of the controller; null when it does not matter. */
  readonly zone: string | null;
  /** Of a TCP or UDP service, whose port must be one of the Service itself. */
  readonly protocol?: Protocol;
}

export type Protocol = 'TCP' | 'UDP';

export interface Resolved {
  readonly target: BackendTarget;
  readonly problems: readonly Problem[];
}

interface Resolving {
  readonly ref: ObjectRef;
  readonly options: ResolveOptions;
  readonly problems: Problem[];
  /** What it means for requests when there are no endpoints. */
  readonly effect: string;
}

// Only a default backend has no port of its own.
function effectOf({ port }: BackendRef, { protocol }: ServiceView): string {
  if (protocol !== undefined) return 'its port is not opened';
  return port === '' ? 'it cannot serve as a default backend' : 'requests for it get 503';
}

export function resolveBackend(ref: BackendRef, view: ServiceView, options: ResolveOptions): Resolved {
  const { service } = view;
  const object: ObjectRef = { kind: 'Service', namespace: ref.namespace, name: ref.service };
  const resolving: Resolving = { ref: object, options, problems: [], effect: effectOf(ref, view) };
  if (service === undefined) {
    const message = `does not exist; ${resolving.effect}`;
    return finish(resolving, [], warning('service-missing', { object, field: '', message }));
  }
  if (service.spec.type === 'ExternalName') return resolveExternalName(ref, service, resolving);
  const port = findPort(service.spec.ports ?? [], ref.port, view.protocol);
  if (port === undefined) {
    const ports = (service.spec.ports ?? []).map((entry) => entry.name ?? entry.port).join(', ');
    const kind = view.protocol === undefined ? '' : ` of ${view.protocol}`;
    const message = `has no port "${ref.port}"${kind} (it has: ${ports || 'none'}); ${resolving.effect}`;
    return finish(resolving, [], warning('service-port-missing', { object, field: 'spec.ports', message }));
  }
  const { clusterIP } = service.spec;
  if (view.use === 'cluster-ip' && clusterIP !== undefined && clusterIP !== '' && clusterIP !== 'None') {
    return finish(resolving, allowed(resolving, clusterIP) ? [joinHostPort(clusterIP, port.port)] : []);
  }
  const search = { ...view, port, near: nearnessOf(service, view.zone) };
  const endpoints = sortedUnique(endpointsOf(resolving, { ...search, which: isReady }));
  const draining = sortedUnique(endpointsOf(resolving, { ...search, which: isDraining }));
  return {
    target: { kind: 'endpoints', endpoints, draining: draining.length === 0 ? NONE : draining },
    problems: resolving.problems,
  };
}

const NONE: readonly string[] = Object.freeze([]);

function sortedUnique(endpoints: readonly string[]): readonly string[] {
  return Object.freeze([...new Set(endpoints)].sort());
}

function finish(resolving: Resolving, endpoints: readonly string[], problem?: Problem): Resolved {
  const unique = sortedUnique(endpoints);
  const problems = problem === undefined ? resolving.problems : [...resolving.problems, problem];
  return { target: { kind: 'endpoints', endpoints: unique, draining: NONE }, problems };
}

/** The first port whose number, target port or name is the text of the Ingress port; without a text the first of all. */
function findPort(
  ports: readonly ServicePort[],
  text: string,
  protocol: Protocol | undefined,
): ServicePort | undefined {
  if (text === '') return ports[0];
  // Target ports are no names of ports there (compat/behaviour.md section 29).
  if (protocol !== undefined) {
    return ports.find(
      (port) => (port.protocol ?? 'TCP') === protocol && (String(port.port) === text || port.name === text),
    );
  }
  return ports.find(
    (port) => String(port.port) === text || String(port.targetPort) === text || port.name === text,
  );
}

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];

function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready !== false;
}

/** A pod that is going away and still answers: sessions that are with it may go on. */
function isDraining({ conditions }: Endpoint): boolean {
  return conditions?.ready === false && conditions.terminating === true && conditions.serving === true;
}

interface Search {
  readonly slices: readonly EndpointSlice[];
  readonly port: ServicePort;
  readonly which: (endpoint: Endpoint) => boolean;
  readonly near: Nearness;
  readonly protocol?: Protocol;
}

function endpointsOf(
  resolving: Resolving,
  { slices, port, which, near, protocol = 'TCP' }: Search,
): readonly string[] {
  const found: string[] = [];
  for (const slice of slices) {
    const numbers = slicePorts(slice, port, protocol);
    const isNear = near(slice);
    for (const endpoint of slice.endpoints ?? []) {
      if (!which(endpoint) || !isNear(endpoint)) continue;
      for (const address of endpoint.addresses ?? []) {
        if (!allowed(resolving, address)) continue;
        for (const number of numbers) {
          const place = joinHostPort(address, number);
          if (isForeign(resolving, place)) found.push(place);
        }
      }
    }
  }
  return found;
}

/** The ports of the same name; only where there is none, the number that the Service names as its target. */
function slicePorts(slice: EndpointSlice, port: ServicePort, protocol: Protocol): readonly number[] {
  const target = typeof port.targetPort === 'number' ? [port.targetPort] : [];
  const all = slice.ports ?? [];
  if (all.length === 0) return target;
  const fitting = all.filter((entry) => (entry.protocol ?? 'TCP') === protocol);
  const unnamed = port.name === undefined || port.name === '';
  const same = fitting.filter((entry) => unnamed || entry.name === port.name);
  if (same.length > 0) return [...new Set(same.flatMap((entry) => entry.port ?? []))];
  return fitting.length > 0 ? target : [];
}

function allowed(resolving: Resolving, address: string): boolean {
  const kind = resolving.options.reach.classify(address);
  if (kind === 'ordinary' || (kind === 'loopback' && resolving.options.loopbackEndpoints === 'allowed'))
    return true;
  const reason =
    kind === null ? 'is not an IP address' : `is a ${kind} address, which must not be reached from outside`;
  refuse(resolving, `endpoint "${address.slice(0, 60)}" ${reason}; it gets no requests`);
  return false;
}

function isForeign(resolving: Resolving, place: string): boolean {
  if (!resolving.options.ownEndpoints.has(canonical(place))) return true;
  refuse(resolving, `endpoint "${place}" is the controller itself; it gets no requests`);
  return false;
}

/** IPv6 addresses have many spellings. */
function canonical(place: string): string {
  return place.startsWith('[')
    ? `${new URL(`http://${place}`).hostname}:${place.slice(place.lastIndexOf(':') + 1)}`
    : place;
}

function refuse(resolving: Resolving, message: string): void {
  resolving.problems.push(warning('address-refused', { object: resolving.ref, field: '', message }));
}

const DNS_NAME = /^(?=.{1,253}\.?$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\.?$/;

function resolveExternalName(ref: BackendRef, service: Service, resolving: Resolving): Resolved {
  const at = { object: resolving.ref, field: 'spec.externalName' };
  if (resolving.options.disableSvcExternalName) {
    const message = `ExternalName Services are switched off with --disable-svc-external-name; ${resolving.effect}`;
    return finish(resolving, [], warning('external-name-disabled', { ...at, message }));
  }
  const name = (service.spec.externalName ?? '').toLowerCase();
  const port = externalPort(ref, service);
  if (port === null) {
    const message = `has no port "${ref.port}"; ${resolving.effect}`;
    return finish(
      resolving,
      [],
      warning('service-port-missing', { object: resolving.ref, field: 'spec.ports', message }),
    );
  }
  const { reach } = resolving.options;
  const kind = reach.classify(name);
  if (kind !== null) {
    const place = joinHostPort(name, port);
    const isUsable = allowedExternally(resolving, kind, name) && isForeign(resolving, place);
    return finish(resolving, isUsable ? [place] : []);
  }
  if (!DNS_NAME.test(name) || reach.classifyHost(name) !== 'name') {
    const message = `"${name.slice(0, 100)}" is not a name that may be reached from outside; write a DNS name`;
    return finish(resolving, [], warning('address-refused', { ...at, message }));
  }
  return { target: { kind: 'external', host: name, port }, problems: resolving.problems };
}

function allowedExternally(resolving: Resolving, kind: string, name: string): boolean {
  if (kind === 'ordinary') return true;
  refuse(resolving, `external name "${name}" is a ${kind} address, which must not be reached from outside`);
  return false;
}

function externalPort(ref: BackendRef, service: Service): number | null {
  const number = /^\d+$/.test(ref.port) ? Number(ref.port) : null;
  const ports = service.spec.ports ?? [];
  const listed =
    ref.port === '' ? ports[0] : ports.find((port) => port.port === number || port.name === ref.port);
  if (listed === undefined) return number;
  if (typeof listed.targetPort === 'number') return listed.targetPort;
  return listed.port;
}
