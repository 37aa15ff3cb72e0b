/** All backends that the hosts refer to, with their addresses and names (compat/behaviour.md 5.2 to 5.7). */
import type { Snapshot } from '../cluster/snapshot.ts';
import { gathered, perChunk, resorted } from '../lib/chunks.ts';
import { compareText } from '../lib/keys.ts';
import { memoizeLast } from '../lib/memo.ts';
import { each, memoizeSliced } from '../lib/slices.ts';
import type { Sliced } from '../lib/slices.ts';
import type { EndpointSlice, Service } from '../source/objects.ts';
import type { Literal } from '../text/safe.ts';
import { DEFAULT_BACKEND, nameBackends } from './backend-names.ts';
import { DEFAULT_BALANCING, collectUses, mergeReferences, referencesOf } from './balancing.ts';
import type { Use } from './balancing.ts';
import { createCanaries } from './canaries.ts';
import type { AttachedCanaries } from './canaries.ts';
import { collectDefaultBackends } from './default-backends.ts';
import type { GraphSettings } from './collect.ts';
import type { Backend, BackendRef, CanaryRoute, GraphHost, ParsedIngress } from './graph.ts';
import type { GraphOptions } from './options.ts';
import type { Problem } from './problems.ts';
import { resolveBackend } from './services.ts';
import type { ServiceView } from './services.ts';

export interface Backends {
  /** Ordered by name. */
  readonly list: readonly Backend[];
  readonly names: ReadonlyMap<string, Literal>;
  /** The names that had to differ from `<ns>-<service>-<port>`, as text: part of what a rendered host depends on. */
  readonly collisions: string;
  readonly problems: readonly Problem[];
}

interface Memo {
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
  readonly use: ServiceView['use'];
  readonly zone: string | null;
  /** Everything else that went into the backend, as text; empty for most. */
  readonly wishes: string;
  readonly backend: Backend;
}

interface Wanted extends Use {
  readonly routes: readonly CanaryRoute[];
}

type WantedBackends = ReadonlyMap<string, Wanted>;

const NO_SLICES: readonly EndpointSlice[] = Object.freeze([]);

export interface BackendInputs {
  readonly hosts: readonly GraphHost[];
  readonly canaries: readonly ParsedIngress[];
  readonly snapshot: Snapshot;
  readonly settings: Pick<GraphSettings, 'serviceUpstream' | 'zone'>;
}

export interface BackendBuilder {
  build(inputs: BackendInputs): Sliced<Backends>;
}

/** Resolves a backend again only when its Service, its slices or what Ingresses say about it changed. */
export function createBackendBuilder(options: GraphOptions): BackendBuilder {
  let memo = new Map<string, Memo>();
  let list: readonly Backend[] = [];
  const attach = createCanaries();
  const partsOf = perChunk((hosts: readonly GraphHost[]) => ({
    references: referencesOf(hosts),
    standIns: [...collectDefaultBackends(hosts)],
  }));
  const referencesIn = gathered(mergeReferences);
  const wantedOf = memoizeSliced(function* wanted(hosts: readonly GraphHost[], attached: AttachedCanaries) {
    const parts = yield* partsOf(hosts);
    const uses = collectUses(referencesIn(parts.map(({ references }) => references)));
    return collectWanted(
      uses,
      parts.flatMap(({ standIns }) => standIns),
      attached,
    );
  });
  const namesOf = memoizeLast(nameBackends);
  const globalOf = memoizeLast(globalDefault, ({ snapshot, settings }) => [
    snapshot.services,
    snapshot.slices,
    settings.zone,
  ]);

  function backendOf(name: Literal, wanted: Wanted, { snapshot, settings }: BackendInputs): Memo {
    const { ref, balancing, affinity, routes } = wanted;
    const key = `${ref.namespace}/${ref.service}`;
    const service = snapshot.services.get(key);
    const slices = snapshot.slices.get(key) ?? NO_SLICES;
    const use = useOf(wanted.use, settings);
    const { zone } = settings;
    const wishes = wishesOf(wanted);
    const known = memo.get(ref.key);
    const same =
      known?.service === service && known?.slices === slices && known.use === use && known.zone === zone;
    if (same && known.wishes === wishes && known.backend.name === name) return known;
    const resolved = resolveBackend(ref, { service, slices, use, zone }, options);
    const backend: Backend = Object.freeze({ name, ref, balancing, affinity, routes, ...resolved });
    return { service, slices, use, zone, wishes, backend };
  }

  /** @param next everything but the default. */
  function listOf(next: ReadonlyMap<string, Memo>, global: Backend): readonly Backend[] {
    const now = new Set([global]);
    for (const { backend } of next.values()) now.add(backend);
    const removed = list.filter((backend) => !now.delete(backend));
    return resorted(list, { removed, added: [...now] }, byName);
  }

  return {
    *build(inputs) {
      const attached = attach(inputs.canaries, inputs.hosts);
      const wanted = yield* wantedOf(inputs.hosts, attached);
      const naming = namesOf(wanted);
      const next = new Map<string, Memo>();
      const problems: Problem[] = [...attached.problems, ...naming.problems];
      yield* each(wanted, ([key, entry]) => {
        const found = backendOf(naming.names.get(key) ?? DEFAULT_BACKEND, entry, inputs);
        next.set(key, found);
        problems.push(...found.backend.problems);
      });
      const global = globalOf(inputs, options);
      problems.push(...global.problems);
      memo = next;
      list = listOf(next, global);
      return { list, names: naming.names, collisions: naming.collisions, problems };
    },
  };
}

const byName = (a: Backend, b: Backend) => compareText(a.name, b.name);
const NO_ROUTES: readonly CanaryRoute[] = Object.freeze([]);

function collectWanted(
  ofPaths: ReadonlyMap<string, Use>,
  standIns: Iterable<readonly [string, Use]>,
  { routes, uses }: AttachedCanaries,
): WantedBackends {
  const wanted = new Map<string, Wanted>();
  for (const [key, use] of ofPaths) wanted.set(key, { ...use, routes: routes.get(key) ?? NO_ROUTES });
  for (const [key, use] of [...uses, ...standIns]) {
    if (!wanted.has(key)) wanted.set(key, { ...use, routes: NO_ROUTES });
  }
  return wanted;
}

function useOf(wanted: Use['use'], settings: BackendInputs['settings']): ServiceView['use'] {
  if (wanted !== 'by-settings') return wanted;
  return settings.serviceUpstream ? 'cluster-ip' : 'endpoints';
}

function wishesOf({ balancing, affinity, routes }: Wanted): string {
  if (balancing === DEFAULT_BALANCING && affinity === null && routes.length === 0) return '';
  return JSON.stringify([balancing, affinity, routes]);
}

const PLAIN = { balancing: DEFAULT_BALANCING, affinity: null, routes: NO_ROUTES } as const;

/** The first port of --default-backend-service; without one, or without endpoints, the workers answer 404 themselves. */
function globalDefault({ snapshot, settings: { zone } }: BackendInputs, options: GraphOptions): Backend {
  const none: Backend = {
    name: DEFAULT_BACKEND,
    ref: null,
    target: { kind: 'endpoints', endpoints: [], draining: [] },
    ...PLAIN,
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
  const resolved = resolveBackend(ref, { service, slices, use: 'endpoints', zone }, options);
  return { name: DEFAULT_BACKEND, ref, ...PLAIN, ...resolved };
}
