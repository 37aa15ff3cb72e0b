/** Which Ingresses a candidate meets on its hosts and in budgets, without a walk over all of them for each review. */
import type { Snapshot } from '../cluster/snapshot.ts';
import type { GraphOptions } from '../graph/options.ts';
import { mayHaveLimits } from '../graph/zone-budget.ts';
import { keyOf } from '../lib/keys.ts';
import { memoizeLast } from '../lib/memo.ts';
import type { Ingress } from '../source/objects.ts';

export interface Neighbourhood {
  /** The candidate and all Ingresses that share a host, or the budget of limits of its namespace, with it. */
  readonly snapshot: Snapshot;
  /** The same with the candidate as it is now; null when it is new. */
  readonly before: Snapshot | null;
  /** The candidate as it is now; undefined when it is new. */
  readonly stored: Ingress | undefined;
}

interface Index {
  readonly byKey: ReadonlyMap<string, Ingress>;
  readonly byHost: ReadonlyMap<string, readonly Entry[]>;
  /** Those that may have limits. */
  readonly byNamespace: ReadonlyMap<string, readonly Entry[]>;
}

interface Entry {
  /** Place among all Ingresses. */
  readonly at: number;
  readonly ingress: Ingress;
}

/**
 * The candidate counts as the youngest, also when it exists already: an update must not take a path from somebody who has it.
 */
export function createNeighbourFinder({
  annotationsPrefix,
  budgets,
}: Pick<GraphOptions, 'annotationsPrefix' | 'budgets'>): (
  candidate: Ingress,
  snapshot: Snapshot,
) => Neighbourhood {
  const isCounted = (ingress: Ingress) =>
    budgets.limitedIngresses !== Infinity && mayHaveLimits(ingress, annotationsPrefix);
  const indexOf = memoizeLast((ingresses: readonly Ingress[]) => makeIndex(ingresses, isCounted));
  return (candidate, snapshot) => {
    const { byKey, byHost, byNamespace } = indexOf(snapshot.ingresses);
    const key = keyOf(candidate.metadata);
    const near = [...hostsOf(candidate)].flatMap((host) => byHost.get(host) ?? []);
    const counted = isCounted(candidate) ? (byNamespace.get(candidate.metadata.namespace) ?? []) : [];
    const found = new Map<number, Ingress>();
    for (const { at, ingress } of [...near, ...counted]) {
      if (keyOf(ingress.metadata) !== key) found.set(at, ingress);
    }
    const neighbours = [...found].sort(([a], [b]) => a - b).map(([, ingress]) => ingress);
    const among = (ingress: Ingress) => ({ ...snapshot, ingresses: [...neighbours, asYoungest(ingress)] });
    const stored = byKey.get(key);
    return { snapshot: among(candidate), stored, before: stored === undefined ? null : among(stored) };
  };
}

/** Whatever else is created in a four-digit year is older. */
function asYoungest(candidate: Ingress): Ingress {
  return {
    ...candidate,
    metadata: { ...candidate.metadata, creationTimestamp: '9999-12-31T23:59:59Z' },
  };
}

function makeIndex(ingresses: readonly Ingress[], isCounted: (ingress: Ingress) => boolean): Index {
  const byKey = new Map<string, Ingress>();
  const byHost = new Map<string, Entry[]>();
  const byNamespace = new Map<string, Entry[]>();
  for (const [at, ingress] of ingresses.entries()) {
    const entry = { at, ingress };
    byKey.set(keyOf(ingress.metadata), ingress);
    for (const host of hostsOf(ingress)) append(byHost, host, entry);
    if (isCounted(ingress)) append(byNamespace, ingress.metadata.namespace, entry);
  }
  return { byKey, byHost, byNamespace };
}

function append(index: Map<string, Entry[]>, key: string, entry: Entry): void {
  const known = index.get(key);
  if (known === undefined) index.set(key, [entry]);
  else known.push(entry);
}

/** Hosts of the rules; empty for rules without one, and for a default backend without rules. */
export function hostsOf(ingress: Ingress): ReadonlySet<string> {
  const rules = ingress.spec.rules ?? [];
  if (rules.length === 0 && ingress.spec.defaultBackend !== undefined) return new Set(['']);
  return new Set(rules.map((rule) => rule.host ?? ''));
}
