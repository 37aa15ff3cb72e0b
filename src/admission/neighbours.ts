/** Which Ingresses a candidate meets on its hosts, without a walk over all of them for each review. */
import type { Snapshot } from '../cluster/snapshot.ts';
import { keyOf } from '../lib/keys.ts';
import { memoizeLast } from '../lib/memo.ts';
import type { Ingress } from '../source/objects.ts';

export interface Neighbourhood {
  /** The candidate and all Ingresses that share a host with it. */
  readonly snapshot: Snapshot;
  /** The candidate as it is now; undefined when it is new. */
  readonly stored: Ingress | undefined;
}

interface Index {
  readonly byKey: ReadonlyMap<string, Ingress>;
  readonly byHost: ReadonlyMap<string, readonly Entry[]>;
}

interface Entry {
  /** Place among all Ingresses. */
  readonly at: number;
  readonly ingress: Ingress;
}

/**
 * The candidate counts as the youngest, also when it exists already: an update must not take a path from somebody who has it.
 */
export function createNeighbourFinder(): (candidate: Ingress, snapshot: Snapshot) => Neighbourhood {
  const indexOf = memoizeLast(makeIndex);
  return (candidate, snapshot) => {
    const { byKey, byHost } = indexOf(snapshot.ingresses);
    const key = keyOf(candidate.metadata);
    const found = new Map<number, Ingress>();
    for (const host of hostsOf(candidate)) {
      for (const { at, ingress } of byHost.get(host) ?? []) {
        if (keyOf(ingress.metadata) !== key) found.set(at, ingress);
      }
    }
    const neighbours = [...found].sort(([a], [b]) => a - b).map(([, ingress]) => ingress);
    const ingresses = [...neighbours, asYoungest(candidate)];
    return { snapshot: { ...snapshot, ingresses }, stored: byKey.get(key) };
  };
}

/** Whatever else is created in a four-digit year is older. */
function asYoungest(candidate: Ingress): Ingress {
  return {
    ...candidate,
    metadata: { ...candidate.metadata, creationTimestamp: '9999-12-31T23:59:59Z' },
  };
}

function makeIndex(ingresses: readonly Ingress[]): Index {
  const byKey = new Map<string, Ingress>();
  const byHost = new Map<string, Entry[]>();
  for (const [at, ingress] of ingresses.entries()) {
    byKey.set(keyOf(ingress.metadata), ingress);
    for (const host of hostsOf(ingress)) {
      const known = byHost.get(host);
      if (known === undefined) byHost.set(host, [{ at, ingress }]);
      else known.push({ at, ingress });
    }
  }
  return { byKey, byHost };
}

/** Hosts of the rules; empty for rules without one, and for a default backend without rules. */
export function hostsOf(ingress: Ingress): ReadonlySet<string> {
  const rules = ingress.spec.rules ?? [];
  if (rules.length === 0 && ingress.spec.defaultBackend !== undefined) return new Set(['']);
  return new Set(rules.map((rule) => rule.host ?? ''));
}
