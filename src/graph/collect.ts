/** First pass over the Ingresses: which are ours, what do they say, and which hosts do they speak about. */
import type { Snapshot } from '../cluster/snapshot.ts';
import { each, memoizeSliced } from '../lib/slices.ts';
import type { Sliced } from '../lib/slices.ts';
import type { Ingress } from '../source/objects.ts';
import { acceptedClasses, belongsToUs, namespaceInScope } from './classes.ts';
import type { Host, ParsedIngress } from './graph.ts';
import type { Contribution } from './hosts.ts';
import { parseIngress } from './ingress.ts';
import type { ParseOutcome } from './ingress.ts';
import type { GraphOptions } from './options.ts';
import type { Problem } from './problems.ts';

export interface Collected {
  /** Oldest first within each host. */
  readonly byHost: ReadonlyMap<Host, readonly Contribution[]>;
  /** Ingresses with a default backend and no rules, oldest first. */
  readonly catchAll: readonly ParsedIngress[];
  /** Ingresses whose rules say which requests of other Ingresses they get, oldest first. */
  readonly canaries: readonly ParsedIngress[];
  /** Ingresses that ask for certificates of clients, canaries too, oldest first. */
  readonly clientAuth: readonly ParsedIngress[];
  readonly problems: readonly Problem[];
  readonly count: number;
}

interface Entry extends ParseOutcome {
  readonly contributions: readonly Contribution[];
}

/** What may change while the controller runs, besides objects. */
export interface GraphSettings {
  readonly strictValidatePathType: boolean;
  /** False while listing IngressClasses is forbidden: `spec.ingressClassName` does not count then (behaviour.md 2.2). */
  readonly ingressClassesReadable: boolean;
  /** Whether Services are reached by their ClusterIP where no annotation says otherwise. */
  readonly serviceUpstream: boolean;
  /** `namespace/name` of the Secret with Diffie-Hellman parameters, or null. */
  readonly sslDhParam: string | null;
  /** Of the node of the controller, for Services that prefer endpoints nearby; null: it does not matter. */
  readonly zone: string | null;
  /** Whether annotations may name Secrets of other namespaces. */
  readonly allowCrossNamespaceResources: boolean;
}

export interface Collector {
  collect(snapshot: Snapshot, settings: GraphSettings): Sliced<Collected>;
}

/** Parses each version of an Ingress once. */
export function createCollector(options: GraphOptions): Collector {
  const memos = { strict: new WeakMap<Ingress, Entry>(), lenient: new WeakMap<Ingress, Entry>() };

  function entryOf(ingress: Ingress, { strictValidatePathType }: GraphSettings): Entry {
    const memo = strictValidatePathType ? memos.strict : memos.lenient;
    const known = memo.get(ingress);
    if (known !== undefined) return known;
    const outcome = parseIngress(ingress, { ...options, strictValidatePathType });
    const parsed = outcome.ingress;
    const contributions =
      parsed === null || isCanary(parsed) ? [] : parsed.rules.map((rule) => ({ ingress: parsed, rule }));
    const entry: Entry = { ...outcome, contributions };
    memo.set(ingress, entry);
    return entry;
  }

  function* collectAll(snapshot: Snapshot, settings: GraphSettings): Sliced<Collected> {
    const classes = settings.ingressClassesReadable ? acceptedClasses(snapshot, options) : null;
    const byHost = new Map<Host, Contribution[]>();
    const catchAll: ParsedIngress[] = [];
    const canaries: ParsedIngress[] = [];
    const clientAuth: ParsedIngress[] = [];
    const problems: Problem[] = [];
    let count = 0;
    yield* each(snapshot.ingresses, (ingress) => {
      if (!belongsToUs(ingress, classes, options)) return;
      if (!namespaceInScope(ingress.metadata.namespace, snapshot, options)) return;
      count++;
      const entry = entryOf(ingress, settings);
      problems.push(...entry.problems);
      addContributions(byHost, entry.contributions);
      if (entry.ingress === null) return;
      if (entry.ingress.annotations.clientAuth.secret !== null) clientAuth.push(entry.ingress);
      if (isCanary(entry.ingress)) canaries.push(entry.ingress);
      else if (isCatchAll(entry.ingress)) catchAll.push(entry.ingress);
    });
    return { byHost, catchAll, canaries, clientAuth, problems, count };
  }

  // Endpoints and certificates change most often, and touch none of these.
  const inputs = (snapshot: Snapshot, settings: GraphSettings) => [
    snapshot.ingresses,
    snapshot.ingressClasses,
    snapshot.namespaces,
    settings.strictValidatePathType,
    settings.ingressClassesReadable,
  ];
  return { collect: memoizeSliced(collectAll, inputs) };
}

function addContributions(byHost: Map<Host, Contribution[]>, contributions: readonly Contribution[]): void {
  for (const contribution of contributions) {
    const known = byHost.get(contribution.rule.host);
    if (known === undefined) byHost.set(contribution.rule.host, [contribution]);
    else known.push(contribution);
  }
}

function isCatchAll(ingress: ParsedIngress): boolean {
  return ingress.rules.length === 0 && ingress.defaultBackend !== null;
}

function isCanary(ingress: ParsedIngress): boolean {
  return ingress.annotations.canary.canary === true;
}
