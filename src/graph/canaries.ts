/** Which paths a canary Ingress takes requests from (compat/behaviour.md 10.2). */
import { memoizeLast } from '../lib/memo.ts';
import { balancingOf, useByCanary } from './balancing.ts';
import type { Use } from './balancing.ts';
import type { CanaryAnnotations } from './annotations/canary.ts';
import type {
  BackendRef,
  Canary,
  CanaryRoute,
  CanaryRules,
  GraphHost,
  HostPath,
  ParsedIngress,
} from './graph.ts';
import { warning } from './problems.ts';
import type { Problem } from './problems.ts';

export interface AttachedCanaries {
  /** By the key of the primary's backend, in the order of hosts and paths. */
  readonly routes: ReadonlyMap<string, readonly CanaryRoute[]>;
  /** By key: the backends of the canaries themselves. */
  readonly uses: ReadonlyMap<string, Use>;
  readonly problems: readonly Problem[];
}

/** Scoped to host and path: the same Service may be a primary elsewhere at the same time (cures W-21). */
export const createCanaries = () => memoizeLast(attach);

interface Route {
  readonly host: GraphHost;
  readonly path: HostPath;
  readonly canaries: Canary[];
}

function attach(canaries: readonly ParsedIngress[], hosts: readonly GraphHost[]): AttachedCanaries {
  const problems: Problem[] = [];
  if (canaries.length === 0) return { routes: new Map(), uses: new Map(), problems };
  const byName = new Map(hosts.map((host) => [host.name, host]));
  const routes = new Map<HostPath, Route>();
  const uses = new Map<string, Use>();
  const add = (host: GraphHost, path: HostPath, canary: Canary) => {
    const known = routes.get(path);
    if (known === undefined) routes.set(path, { host, path, canaries: [canary] });
    else if (!known.canaries.some(({ backend }) => backend.key === canary.backend.key))
      known.canaries.push(canary);
  };
  for (const ingress of canaries) {
    for (const { field, hostName, path, canary } of wishesOf(ingress)) {
      const host = byName.get(hostName);
      const found = (host?.paths ?? []).filter((other) => fits(other, path, canary.backend));
      if (host !== undefined) for (const primary of found) add(host, primary, canary);
      if (found.length > 0) {
        const { backend } = canary;
        if (!uses.has(backend.key)) uses.set(backend.key, useByCanary(backend, ingress));
        continue;
      }
      const where =
        path === null
          ? 'requests without a host'
          : `host "${hostName}", path "${path.path}" and pathType ${path.type}`;
      const message = `no other Ingress has ${where}, so that the canary gets no requests; create the primary, or remove "canary"`;
      problems.push(warning('canary-unattached', { object: ingress.ref, field, message }));
    }
  }
  return { routes: byBackend(routes.values()), uses, problems };
}

interface Wish {
  readonly field: string;
  readonly hostName: GraphHost['name'];
  /** Null: any path. */
  readonly path: Pick<HostPath, 'path' | 'type'> | null;
  readonly canary: Canary;
}

function wishesOf(ingress: ParsedIngress): readonly Wish[] {
  const canaryFor = (backend: BackendRef): Canary => ({
    backend,
    rules: rulesOf(ingress.annotations.canary),
    balancing: balancingOf(ingress),
    affinity: ingress.annotations.affinity.canaryBehavior ?? 'sticky',
  });
  const paths = ingress.rules.flatMap(({ host, paths: own }) =>
    own.map((path) => ({ field: path.field, hostName: host, path, canary: canaryFor(path.backend) })),
  );
  if (ingress.defaultBackend === null) return paths;
  const field = 'spec.defaultBackend';
  return [{ field, hostName: '_', path: null, canary: canaryFor(ingress.defaultBackend) }, ...paths];
}

function fits(primary: HostPath, wanted: Wish['path'], canary: BackendRef): boolean {
  if (primary.backend === null || primary.backend.key === canary.key) return false;
  return wanted === null || (primary.path === wanted.path && primary.type === wanted.type);
}

function rulesOf(annotations: CanaryAnnotations): CanaryRules {
  return {
    weight: Math.max(0, annotations.weight ?? 0),
    weightTotal: Math.max(100, annotations.weightTotal ?? 100),
    header: annotations.header,
    headerValue: annotations.headerValue,
    headerPattern: annotations.headerPattern,
    cookie: annotations.cookie,
  };
}

function byBackend(routes: Iterable<Route>): ReadonlyMap<string, readonly CanaryRoute[]> {
  const grouped = new Map<string, CanaryRoute[]>();
  for (const { host, path, canaries } of routes) {
    const key = path.backend?.key ?? '';
    const route = { host: host.name, path: path.path, kind: path.kind, canaries };
    const known = grouped.get(key);
    if (known === undefined) grouped.set(key, [route]);
    else known.push(route);
  }
  return grouped;
}
