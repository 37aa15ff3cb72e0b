/** First pass over the Ingresses: which are ours, what do they say, and which hosts do they speak about. */
import type { Snapshot } from '../cluster/snapshot.ts';
import { createJoin, perChunk } from '../lib/chunks.ts';
import type { Chunk } from '../lib/chunks.ts';
import { keepLast, memoizeLast } from '../lib/memo.ts';
import { memoizeSliced } from '../lib/slices.ts';
import type { Sliced } from '../lib/slices.ts';
import type { Size } from '../text/safe.ts';
import type { Risk } from './annotations/annotation.ts';
import type { Ingress, ObjectKey } from '../source/objects.ts';
import { acceptedClasses, belongsToUs, namespaceInScope } from './classes.ts';
import type { ParsedIngress } from './graph.ts';
import type { Contribution } from './hosts.ts';
import { parseIngress } from './ingress.ts';
import type { IngressParsing, ParseOutcome } from './ingress.ts';
import type { GraphOptions } from './options.ts';
import type { Problem } from './problems.ts';
import type { Referents } from './references.ts';
import { createReferenceResolver, endpointSecretsOf, refersToObjects } from './references.ts';
import { createZoneBudget, hasLimits } from './zone-budget.ts';

export interface Collected {
  /** What rules say about hosts, oldest Ingress first. */
  readonly contributions: readonly Contribution[];
  /** Ingresses with a default backend and no rules, oldest first. */
  readonly catchAll: readonly ParsedIngress[];
  /** Ingresses whose rules say which requests of other Ingresses they get, oldest first. */
  readonly canaries: readonly ParsedIngress[];
  /** Ingresses that ask for certificates of clients, canaries too, oldest first. */
  readonly clientAuth: readonly ParsedIngress[];
  /** Keys of the Secrets for TLS with endpoints. */
  readonly endpointSecrets: readonly ObjectKey[];
  /** Ingresses that ask for passwords, oldest first. */
  readonly passwords: readonly ParsedIngress[];
  /** Ingresses with snippets for TCP and UDP, canaries too, oldest first. */
  readonly streamSnippets: readonly ParsedIngress[];
  readonly problems: readonly Problem[];
  readonly count: number;
}

interface Entry extends ParseOutcome {
  readonly contributions: readonly Contribution[];
}

/** What some Ingresses say together. */
export interface Part {
  readonly contributions: Contribution[];
  readonly catchAll: ParsedIngress[];
  readonly canaries: ParsedIngress[];
  readonly clientAuth: ParsedIngress[];
  readonly passwords: ParsedIngress[];
  readonly streamSnippets: ParsedIngress[];
  /** Those that have zones of shared memory; a canary has none. */
  readonly limited: ParsedIngress[];
  /** Those whose annotations name objects. */
  readonly referring: ParsedIngress[];
  readonly problems: Problem[];
  count: number;
}

/** What a part depends on besides its Ingresses. */
interface Era {
  readonly namespaces: Snapshot['namespaces'];
  readonly read: (ingress: Ingress) => Entry;
  readonly classes: ReadonlySet<string> | null;
}

/** What may change while the controller runs, besides objects. */
export interface GraphSettings {
  readonly strictValidatePathType: boolean;
  /** Where no annotation says otherwise. */
  readonly proxyBufferSize: Size;
  readonly proxyBuffersNumber: number;
  /** False while listing IngressClasses is forbidden: `spec.ingressClassName` does not count then (behaviour.md 2.2). */
  readonly ingressClassesReadable: boolean;
  /** Ports for TCP and UDP services that cannot be listened on, as `tcp 53`, with the reason. */
  readonly heldPorts: ReadonlyMap<string, string>;
  /** Addresses of ExternalName Services behind such ports. */
  readonly resolvedNames: ReadonlyMap<string, readonly string[]>;
  /** Whether Services are reached by their ClusterIP where no annotation says otherwise. */
  readonly serviceUpstream: boolean;
  /** `namespace/name` of the Secret with Diffie-Hellman parameters, or null. */
  readonly sslDhParam: string | null;
  /** Of the node of the controller, for Services that prefer endpoints nearby; null: it does not matter. */
  readonly zone: string | null;
  /** Whether annotations may name Secrets of other namespaces. */
  readonly allowCrossNamespaceResources: boolean;
  /** Names of headers that ConfigMaps of Ingresses may add to answers. */
  readonly globalAllowedResponseHeaders: readonly string[];
  /** `namespace/name` of the ConfigMaps with headers of all answers, and of all requests to endpoints; or empty. */
  readonly addHeaders: string;
  readonly proxySetHeaders: string;
  /** Whether snippets of Ingresses are used. */
  readonly allowSnippetAnnotations: boolean;
  /** Ingresses with annotations of a higher one are left out. */
  readonly annotationsRiskLevel: Risk;
  /** Ingresses with annotations that hold one of these words are left out. */
  readonly annotationValueWordBlocklist: readonly string[];
}

/** What only a running controller finds out: nothing of it is known, and every kind could be listed. */
export const NOTHING_FOUND_OUT = Object.freeze({
  ingressClassesReadable: true,
  heldPorts: new Map<string, string>(),
  resolvedNames: new Map<string, readonly string[]>(),
  zone: null,
}) satisfies Partial<GraphSettings>;

export interface Collector {
  collect(snapshot: Snapshot, settings: GraphSettings): Sliced<Collected>;
}

type IngressRules = Pick<
  IngressParsing,
  | 'strictValidatePathType'
  | 'allowSnippetAnnotations'
  | 'annotationsRiskLevel'
  | 'annotationValueWordBlocklist'
  | 'buffers'
>;

function rulesOf(settings: GraphSettings): IngressRules {
  const { strictValidatePathType, allowSnippetAnnotations } = settings;
  const { annotationsRiskLevel, annotationValueWordBlocklist } = settings;
  const buffers = { size: settings.proxyBufferSize, count: settings.proxyBuffersNumber };
  return {
    strictValidatePathType,
    allowSnippetAnnotations,
    annotationsRiskLevel,
    annotationValueWordBlocklist,
    buffers,
  };
}

/** Parses each version of an Ingress once. */
export function createCollector(options: GraphOptions): Collector {
  /** One for all settings that mean the same for an Ingress by itself. */
  const readerOf = memoizeLast(
    (settings: GraphSettings) => createReader(rulesOf(settings)),
    (settings) => [JSON.stringify(rulesOf(settings))],
  );

  function createReader(rules: IngressRules): (ingress: Ingress) => Entry {
    const memo = new WeakMap<Ingress, Entry>();
    return (ingress) => {
      const known = memo.get(ingress);
      if (known !== undefined) return known;
      const outcome = parseIngress(ingress, { ...options, ...rules });
      const parsed = outcome.ingress;
      const contributions =
        parsed === null || isCanary(parsed) ? [] : parsed.rules.map((rule) => ({ ingress: parsed, rule }));
      const entry: Entry = { ...outcome, contributions };
      memo.set(ingress, entry);
      return entry;
    };
  }

  function collectChunk(ingresses: Chunk<Ingress>, { namespaces, read, classes }: Era): Part {
    const part: Part = {
      contributions: [],
      catchAll: [],
      canaries: [],
      clientAuth: [],
      passwords: [],
      streamSnippets: [],
      limited: [],
      referring: [],
      problems: [],
      count: 0,
    };
    for (const ingress of ingresses) {
      if (!belongsToUs(ingress, classes, options)) continue;
      if (namespaceInScope(ingress.metadata.namespace, { namespaces }, options))
        addEntry(part, read(ingress));
    }
    return part;
  }

  // Endpoints and certificates change most often, and touch none of these.
  const inputs = (snapshot: Snapshot, settings: GraphSettings) => [
    snapshot.ingressClasses,
    options.namespaceSelector === null ? null : snapshot.namespaces,
    settings.strictValidatePathType,
    settings.proxyBufferSize,
    settings.proxyBuffersNumber,
    settings.allowSnippetAnnotations,
    settings.annotationsRiskLevel,
    settings.annotationValueWordBlocklist.join(),
    settings.ingressClassesReadable,
  ];
  const partsOf = memoizeLast((snapshot: Snapshot, settings: GraphSettings) => {
    const classes = settings.ingressClassesReadable ? acceptedClasses(snapshot, options) : null;
    // Not the snapshot, which would be kept with all that is in it.
    const era: Era = { namespaces: snapshot.namespaces, read: readerOf(settings), classes };
    return perChunk((chunk: Chunk<Ingress>) => collectChunk(chunk, era));
  }, inputs);
  const allParts = memoizeSliced(
    (snapshot: Snapshot, settings: GraphSettings) => partsOf(snapshot, settings)(snapshot.ingresses),
    (snapshot, settings) => [snapshot.ingresses, ...inputs(snapshot, settings)],
  );
  const resolve = createReferenceResolver(options);
  const keep = keepLast<Part>();
  const gather = memoizeLast(createGathering(options), (parts) => parts);

  return {
    *collect(snapshot, settings) {
      const { secrets, configMaps } = snapshot;
      const foreign = settings.allowCrossNamespaceResources ? 'allowed' : 'refused';
      const referents: Referents = {
        secrets,
        configMaps,
        foreign,
        allowedHeaders: settings.globalAllowedResponseHeaders,
      };
      return gather(keep(resolve(yield* allParts(snapshot, settings), referents)));
    },
  };
}

function createGathering(options: GraphOptions): (parts: readonly Part[]) => Collected {
  const withinBudget = createZoneBudget(options);
  const join = createJoin<Contribution>();
  const keep = {
    catchAll: keepLast<ParsedIngress>(),
    canaries: keepLast<ParsedIngress>(),
    clientAuth: keepLast<ParsedIngress>(),
    passwords: keepLast<ParsedIngress>(),
    streamSnippets: keepLast<ParsedIngress>(),
  };
  return (all) => {
    const parts = withinBudget(all);
    return {
      contributions: join(parts.map(({ contributions }) => contributions)),
      catchAll: keep.catchAll(parts.flatMap(({ catchAll }) => catchAll)),
      canaries: keep.canaries(parts.flatMap(({ canaries }) => canaries)),
      clientAuth: keep.clientAuth(parts.flatMap(({ clientAuth }) => clientAuth)),
      endpointSecrets: endpointSecretsOf(parts),
      passwords: keep.passwords(parts.flatMap(({ passwords }) => passwords)),
      streamSnippets: keep.streamSnippets(parts.flatMap(({ streamSnippets }) => streamSnippets)),
      problems: parts.flatMap(({ problems }) => problems),
      count: parts.reduce((sum, { count }) => sum + count, 0),
    };
  };
}

function addEntry(part: Part, { ingress, contributions, problems }: Entry): void {
  part.count++;
  part.problems.push(...problems);
  part.contributions.push(...contributions);
  if (ingress === null) return;
  if (ingress.annotations.clientAuth.secret !== null) part.clientAuth.push(ingress);
  if (ingress.annotations.snippets.stream !== null && ingress.state === 'accepted')
    part.streamSnippets.push(ingress);
  if (refersToObjects(ingress)) part.referring.push(ingress);
  if (isCanary(ingress)) {
    part.canaries.push(ingress);
    return;
  }
  if (ingress.users !== null) part.passwords.push(ingress);
  if (hasLimits(ingress)) part.limited.push(ingress);
  if (isCatchAll(ingress)) part.catchAll.push(ingress);
}

function isCatchAll(ingress: ParsedIngress): boolean {
  return ingress.rules.length === 0 && ingress.defaultBackend !== null;
}

function isCanary(ingress: ParsedIngress): boolean {
  return ingress.annotations.canary.canary === true;
}
