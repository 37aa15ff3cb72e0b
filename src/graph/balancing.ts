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

const NONE: readonly Reference[] = Object.freeze([]);

/** What most Ingresses say: nothing. */
export const DEFAULT_BALANCING: Balancing = Object.freeze({ algorithm: null, hashBy: null, subset: null });

/** What some hosts say about one backend. */
export interface References {
  readonly ref: BackendRef;
  readonly oldest: ParsedIngress;
  /** Those with sessions, in the order of hosts and paths. */
  readonly sticky: readonly Reference[];
}

/** Every backend that a path of these hosts refers to, by key. */
export function referencesOf(hosts: readonly GraphHost[]): ReadonlyMap<string, References> {
  const found = new Map<string, References>();
  for (const host of hosts) {
    for (const path of host.paths) {
      const { backend: ref, owner } = path;
      if (ref === null || owner === null) continue;
      const sticky = isSticky(path, owner) ? [{ host, path, owner }] : NONE;
      addReferences(found, { ref, oldest: owner, sticky });
    }
  }
  return found;
}

function addReferences(found: Map<string, References>, more: References): void {
  const known = found.get(more.ref.key);
  if (known === undefined) return void found.set(more.ref.key, more);
  const { oldest, sticky } = more;
  const isOlder = known.oldest !== oldest && compareAge(oldest, known.oldest) < 0;
  if (!isOlder && sticky.length === 0) return;
  found.set(more.ref.key, {
    ref: known.ref,
    oldest: isOlder ? oldest : known.oldest,
    sticky: sticky.length === 0 ? known.sticky : [...known.sticky, ...sticky],
  });
}

/** What several lists of hosts say, in their order. */
export function mergeReferences(
  parts: readonly ReadonlyMap<string, References>[],
): ReadonlyMap<string, References> {
  const references = new Map<string, References>();
  for (const part of parts) for (const found of part.values()) addReferences(references, found);
  return references;
}

/** @param references what `referencesOf` says about all hosts. */
export function collectUses(references: ReadonlyMap<string, References>): ReadonlyMap<string, Use> {
  return new Map(Array.from(references, ([key, found]) => [key, useOf(found)]));
}

function useOf({ ref, oldest, sticky }: References): Use {
  // The oldest decides, but for the cookie (compat/behaviour.md 5.3).
  return {
    ref,
    use: serviceUse(oldest),
    balancing: balancingOf(oldest),
    affinity:
      sticky.length === 0 ? null : affinityOf(sticky.toSorted((a, b) => compareAge(a.owner, b.owner))),
  };
}

// A default backend has no sessions (compat/behaviour.md 13.1).
function isSticky({ backend }: HostPath, { annotations, defaultBackend }: ParsedIngress): boolean {
  return annotations.affinity.affinity !== null && backend !== defaultBackend;
}

/** What a canary says about its backend. */
export function useByCanary(ref: BackendRef, owner: ParsedIngress): Use {
  return { ref, use: serviceUse(owner), balancing: balancingOf(owner), affinity: null };
}

function serviceUse({ annotations }: ParsedIngress): Use['use'] {
  const wanted = annotations.backend.serviceUpstream;
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

/** @param sticky oldest first. */
function affinityOf(sticky: readonly Reference[]): Affinity | null {
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
