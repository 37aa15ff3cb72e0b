/** All backends that the hosts refer to, with their addresses and names (compat/behaviour.md 5.2 to 5.7). */
import { createHash } from 'node:crypto';
import type { Snapshot } from '../cluster/snapshot.ts';
import { createIncrementalSort } from '../lib/incremental-sort.ts';
import { memoizeLast } from '../lib/memo.ts';
import type { EndpointSlice, Service } from '../source/objects.ts';
import type { Literal } from '../text/safe.ts';
import type { Backend, BackendRef, GraphHost } from './graph.ts';
import type { GraphOptions } from './options.ts';
import { warning } from './problems.ts';
import type { Problem } from './problems.ts';
import { resolveBackend } from './services.ts';

export const DEFAULT_BACKEND = 'upstream-default-backend' as Literal;

export interface Backends {
  /** Ordered by name. */
  readonly list: readonly Backend[];
  readonly names: ReadonlyMap<string, Literal>;
  /** The names that had to differ from `<ns>-<service>-<port>`, as text: part of what a rendered host depends on. */
  readonly collisions: string;
  readonly problems: readonly Problem[];
}

interface Use {
  readonly ref: BackendRef;
  readonly use: 'endpoints' | 'cluster-ip';
}

interface Memo {
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
  readonly use: Use['use'];
  readonly backend: Backend;
}

const NO_SLICES: readonly EndpointSlice[] = Object.freeze([]);

export interface BackendBuilder {
  build(hosts: readonly GraphHost[], snapshot: Snapshot): Backends;
}

/** Resolves a backend again only when its Service or slices changed. */
export function createBackendBuilder(options: GraphOptions): BackendBuilder {
  let memo = new Map<string, Memo>();
  const usesOf = memoizeLast(collectUses);
  const namesOf = memoizeLast(nameBackends);
  const order = createIncrementalSort<Backend>((a, b) => (a.name < b.name ? -1 : 1));

  function backendOf(key: string, name: Literal, source: Use & { readonly snapshot: Snapshot }): Memo {
    const serviceKey = `${source.ref.namespace}/${source.ref.service}`;
    const service = source.snapshot.services.get(serviceKey);
    const slices = source.snapshot.slices.get(serviceKey) ?? NO_SLICES;
    const known = memo.get(key);
    const same = known?.service === service && known?.slices === slices && known.use === source.use;
    if (same && known.backend.name === name) return known;
    const resolved = resolveBackend(source.ref, { service, slices, use: source.use }, options);
    return {
      service,
      slices,
      use: source.use,
      backend: Object.freeze({ name, ref: source.ref, ...resolved }),
    };
  }

  return {
    build(hosts, snapshot) {
      const uses = usesOf(hosts);
      const naming = namesOf(uses);
      const next = new Map<string, Memo>();
      const problems: Problem[] = [...naming.problems];
      for (const [key, use] of uses) {
        const entry = backendOf(key, naming.names.get(key) ?? DEFAULT_BACKEND, { ...use, snapshot });
        next.set(key, entry);
        problems.push(...entry.backend.problems);
      }
      memo = next;
      const global = globalDefault(snapshot, options);
      problems.push(...global.problems);
      const list = order.sort([...[...next.values()].map((entry) => entry.backend), global]);
      return { list, names: naming.names, collisions: naming.collisions, problems };
    },
  };
}

/** The oldest Ingress that refers to a backend decides how its endpoints are found (compat/behaviour.md 5.3). */
function collectUses(hosts: readonly GraphHost[]): ReadonlyMap<string, Use> {
  const uses = new Map<string, Use>();
  for (const host of hosts) {
    for (const { backend, owner } of host.paths) {
      if (backend === null || uses.has(backend.key)) continue;
      const clusterIp = owner?.annotations.backend.serviceUpstream === true;
      uses.set(backend.key, { ref: backend, use: clusterIp ? 'cluster-ip' : 'endpoints' });
    }
  }
  return uses;
}

interface Naming {
  readonly names: ReadonlyMap<string, Literal>;
  readonly collisions: string;
  readonly problems: readonly Problem[];
}

/** Dashes make `a`/`b-c` and `a-b`/`c` share a name; the later key gets one of its own (cures W-05). */
function nameBackends(uses: ReadonlyMap<string, Use>): Naming {
  // The empty key comes first, so that nobody takes the name of the default backend.
  const owners = new Map<string, string>([[DEFAULT_BACKEND, '']]);
  const names = new Map<string, Literal>();
  const collided = new Set<string>();
  for (const [key, { ref }] of uses) {
    const name = `${ref.namespace}-${ref.service}-${ref.port}`;
    const owner = owners.get(name);
    if (owner === undefined || key < owner) owners.set(name, key);
    if (owner !== undefined) collided.add(owner).add(key);
    names.set(key, name as Literal);
  }
  const problems: Problem[] = [];
  for (const key of collided) {
    const name = names.get(key);
    const ref = uses.get(key)?.ref;
    if (name === undefined || ref === undefined || owners.get(name) === key) continue;
    // No name of Kubernetes holds a "_", so nobody can choose names that lead here.
    const unique = `${name}_${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;
    names.set(key, unique as Literal);
    const object = { kind: 'Service', namespace: ref.namespace, name: ref.service } as const;
    const message = `shares the backend name "${name}" with another Service; it is called "${unique}" in logs`;
    problems.push(warning('backend-name-collision', { object, field: '', message }));
  }
  const collisions = problems.length === 0 ? '' : [...collided].sort().join(' ');
  return { names, collisions, problems };
}

/** The first port of --default-backend-service; without one, or without endpoints, the workers answer 404 themselves. */
function globalDefault(snapshot: Snapshot, options: GraphOptions): Backend {
  const none: Backend = {
    name: DEFAULT_BACKEND,
    ref: null,
    target: { kind: 'endpoints', endpoints: [] },
    problems: [],
  };
  const [namespace, name] = options.defaultBackendService?.split('/') ?? [];
  if (namespace === undefined || name === undefined) return none;
  const service = snapshot.services.get(`${namespace}/${name}`);
  const port = service?.spec.ports?.[0];
  if (service === undefined || port === undefined) return none;
  const ref: BackendRef = {
    namespace: namespace as Literal,
    service: name as Literal,
    port: String(port.port) as Literal,
    key: `${namespace}/${name}/${port.port}`,
  };
  const slices = snapshot.slices.get(`${namespace}/${name}`) ?? NO_SLICES;
  const resolved = resolveBackend(ref, { service, slices, use: 'endpoints' }, options);
  return { name: DEFAULT_BACKEND, ref, ...resolved };
}
