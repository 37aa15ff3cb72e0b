/** How the Ingresses that refer to a backend want its endpoints found and chosen (compat/behaviour.md 5.3 and 13.1). */
import { compareAge } from '../lib/age.ts';
import type { Affinity, BackendRef, Balancing, GraphHost, HostPath, ParsedIngress } from './graph.ts';

/** Everything that references say about one backend. */
export interface Use {
  readonly ref: BackendRef;
  readonly use: 'endpoints' | 'cluster-ip' | 'by-settings';
  readonly balancing: Balancing;
  readonly affinity: Affinity | null;
}

interface Reference {
  readonly host: GraphHost;
  readonly path: HostPath;
  readonly owner: ParsedIngress;
}

/** What most Ingresses say: nothing. */
export const DEFAULT_BALANCING: Balancing = Object.freeze({ algorithm: null, hashBy: null, subset: null });

/** Every backend that a path refers to, by key. */
export function collectUses(hosts: readonly GraphHost[]): ReadonlyMap<string, Use> {
  const references = new Map<string, { readonly ref: BackendRef; readonly from: Reference[] }>();
  for (const host of hosts) {
    for (const path of host.paths) {
      const { backend, owner } = path;
      if (backend === null || owner === null) continue;
      const known = references.get(backend.key);
      if (known === undefined) references.set(backend.key, { ref: backend, from: [{ host, path, owner }] });
      else known.from.push({ host, path, owner });
    }
  }
  const uses = new Map<string, Use>();
  for (const [key, { ref, from }] of references) uses.set(key, useOf(ref, from));
  return uses;
}

function useOf(ref: BackendRef, from: Reference[]): Use {
  if (from.length > 1) from.sort((a, b) => compareAge(a.owner, b.owner));
  // The oldest decides, but for the cookie (compat/behaviour.md 5.3).
  const owner = from[0]?.owner;
  return {
    ref,
    use: serviceUse(owner),
    balancing: owner === undefined ? DEFAULT_BALANCING : balancingOf(owner),
    affinity: affinityOf(from),
  };
}

/** What a canary says about its backend. */
export function useByCanary(ref: BackendRef, owner: ParsedIngress): Use {
  return { ref, use: serviceUse(owner), balancing: balancingOf(owner), affinity: null };
}

function serviceUse(owner: ParsedIngress | undefined): Use['use'] {
  const wanted = owner?.annotations.backend.serviceUpstream ?? null;
  if (wanted === null) return 'by-settings';
  return wanted ? 'cluster-ip' : 'endpoints';
}

/** What one Ingress says about the endpoints of its backends. */
export function balancingOf({ annotations }: ParsedIngress): Balancing {
  const { loadBalance, hashBy, hashBySubset, hashBySubsetSize } = annotations.backend;
  if (loadBalance === null && hashBy === null) return DEFAULT_BALANCING;
  const size = hashBySubsetSize === null || hashBySubsetSize <= 0 ? 3 : hashBySubsetSize;
  const subset = hashBy !== null && hashBySubset === true ? size : null;
  return { algorithm: loadBalance, hashBy, subset };
}

/** @param from oldest first. */
function affinityOf(from: readonly Reference[]): Affinity | null {
  // A default backend has no sessions (compat/behaviour.md 13.1).
  const sticky = from.filter(
    ({ path, owner }) =>
      owner.annotations.affinity.affinity !== null && path.backend !== owner.defaultBackend,
  );
  const youngest = sticky.at(-1)?.owner;
  if (youngest === undefined) return null;
  const mode = sticky.map(({ owner }) => owner.annotations.affinity.mode).find((found) => found !== null);
  const locations: Record<string, string[]> = {};
  for (const { host, path } of sticky) {
    const paths = (locations[host.name] ??= []);
    if (!paths.includes(path.path)) paths.push(path.path);
  }
  return { mode: mode ?? 'balanced', cookie: youngest.annotations.affinity, locations };
}
