/** The decision about one Ingress: the code of the sync on the same objects plus the candidate, then nginx's own word. */
import type { Snapshot } from '../cluster/snapshot.ts';
import type { Settings } from '../config/settings/table.ts';
import { createGraphBuilder } from '../graph/build.ts';
import type { GraphBuilder } from '../graph/build.ts';
import { acceptedClasses, createMembership } from '../graph/classes.ts';
import { NOTHING_FOUND_OUT } from '../graph/collect.ts';
import type { Graph } from '../graph/graph.ts';
import type { GraphOptions } from '../graph/options.ts';
import { memoizeLast } from '../lib/memo.ts';
import { createModelBuilder } from '../model/build.ts';
import type { Model } from '../model/model.ts';
import type { Ingress } from '../source/objects.ts';
import { firstFaultAlone, inspectDeeply, warningsOf } from './inspect.ts';
import { createNeighbourFinder } from './neighbours.ts';
import type { Neighbourhood } from './neighbours.ts';
import { graphWarningsOf, isOwn, problemsOf, refusalsOf, turnsRegex } from './refusals.ts';
import type { Reviewed } from '../lib/reviewed.ts';
import type { Verdict } from './review.ts';

export interface VerdictContext {
  /** What is known now. */
  readonly snapshot: () => Snapshot;
  readonly settings: (snapshot: Snapshot) => Settings;
  readonly classesReadable: () => boolean;
  readonly options: GraphOptions;
  /** `--watch-namespace`; empty means all. */
  readonly watchNamespace: string;
  readonly deepInspect: boolean;
  /** nginx's word about the servers of a model: null when it takes them, else why not, without paths of this machine. */
  readonly check: (model: Model, rendered: (bytes: number) => void) => Promise<string | null>;
  /** Told of each review that came as far as the configuration. */
  readonly onReviewed: (review: Reviewed) => void;
}

export type Judge = (candidate: Ingress) => Promise<Verdict>;

const ACCEPTED: Verdict = { allowed: true, message: '', warnings: [] };

/** The API server passes on 4,096 characters at most, and kubectl prints each. */
const MAX_WARNINGS = 20;
const MAX_WARNING = 250;

interface Tools {
  readonly neighbourhoodOf: (candidate: Ingress, snapshot: Snapshot) => Neighbourhood;
  readonly graphs: GraphBuilder;
}

/** Remembers what it has read of Ingresses; changes nothing else. */
export function createJudge(context: VerdictContext): Judge {
  const tools: Tools = {
    neighbourhoodOf: createNeighbourFinder(context.options),
    graphs: createGraphBuilder(context.options),
  };
  return async (candidate) => {
    if (candidate.metadata.deletionTimestamp !== undefined) return ACCEPTED;
    const warnings = warningsOf(candidate, context.options.annotationsPrefix);
    const { message, more } = await firstFault(candidate, { ...context, ...tools });
    const all = [...warnings, ...more].slice(0, MAX_WARNINGS).map((text) => text.slice(0, MAX_WARNING));
    return message === null
      ? { allowed: true, message: '', warnings: all }
      : { allowed: false, message, warnings: all };
  };
}

interface Outcome {
  readonly message: string | null;
  readonly more: readonly string[];
}

const because = (message: string | null): Outcome => ({ message, more: [] });

async function firstFault(candidate: Ingress, context: VerdictContext & Tools): Promise<Outcome> {
  const started = performance.now();
  const suspicious = context.deepInspect ? inspectDeeply(candidate) : null;
  if (suspicious !== null) return because(`invalid object: ${suspicious}`);
  const snapshot = context.snapshot();
  if (!isOurs(candidate, snapshot, context)) return because(null);
  const settings = context.settings(snapshot);
  const alone = firstFaultAlone(candidate, { settings, ...context.options });
  if (alone !== null) return because(alone);
  const { refusals, more, model, stored } = judgeEffect({ candidate, snapshot, settings }, context);
  const rendering = performance.now();
  let bytes = 0;
  // A refusal needs no word of nginx.
  const message = model === null ? refusals.join('\n') : await context.check(model, (size) => (bytes = size));
  const { namespace, name } = candidate.metadata;
  context.onReviewed({
    namespace,
    ingress: name,
    outcome: message === null ? 'accepted' : 'refused',
    considered: snapshot.ingresses.length + (stored ? 0 : 1),
    tested: model === null ? 0 : ownersIn(model),
    bytes,
    milliseconds: { before: rendering - started, test: performance.now() - rendering },
  });
  return { message, more };
}

interface Effect {
  readonly refusals: readonly string[];
  readonly more: readonly string[];
  /** What nginx shall be asked about; null when there are refusals. */
  readonly model: Model | null;
  /** Whether there is an Ingress of this name already. */
  readonly stored: boolean;
}

interface Asked {
  readonly candidate: Ingress;
  readonly snapshot: Snapshot;
  readonly settings: Settings;
}

/** What the candidate means together with its neighbours. */
function judgeEffect({ candidate, snapshot, settings }: Asked, context: VerdictContext & Tools): Effect {
  const near = context.neighbourhoodOf(candidate, snapshot);
  const graphOf = (objects: Snapshot) =>
    context.graphs.build(objects, {
      ...settings,
      // Which endpoints serve, and which ports are free, is no question of an Ingress.
      ...NOTHING_FOUND_OUT,
      ingressClassesReadable: context.classesReadable(),
    });
  const graph = graphOf(near.snapshot);
  const before = () => (near.before === null ? [] : problemsOf({ candidate, graph: graphOf(near.before) }));
  const judged = { candidate, stored: near.stored, graph, before: memoizeLast(before) };
  const more = graphWarningsOf(judged, context.options.annotationsPrefix);
  const refusals = refusalsOf(judged);
  const found = { refusals, more, stored: near.stored !== undefined };
  if (refusals.length > 0) return { ...found, model: null };
  // A builder of its own: what it remembers of candidates would be remembered for ever.
  return { ...found, model: createModelBuilder().build(onlyNews(candidate, graph), settings) };
}

/** Ingresses that have a path in it. */
function ownersIn({ servers }: Model): number {
  const owners = servers.flatMap(({ locations }) =>
    locations.flatMap(({ route: { namespace, ingress } }) =>
      ingress === '' ? [] : [`${namespace}/${ingress}`],
    ),
  );
  return new Set(owners).size;
}

function isOurs(candidate: Ingress, snapshot: Snapshot, context: VerdictContext): boolean {
  const classes = context.classesReadable() ? acceptedClasses(snapshot, context.options) : null;
  return createMembership(snapshot, { ...context, classes })(candidate);
}

/**
 * The paths that do not serve already: those of the candidate, and all of a host that it turns into regular expressions. No two
 * locations of a host are duplicates, so that nginx needs not see the others.
 */
function onlyNews(candidate: Ingress, graph: Graph): Graph {
  const hosts = graph.hosts.flatMap((host) => {
    if (turnsRegex(host, candidate)) return [host];
    const paths = host.paths.filter((path) => isOwn(path, candidate));
    return paths.length === 0 ? [] : [{ ...host, paths }];
  });
  // A host is closed as long as a Secret is missing, but its paths will come.
  const clientAuth = new Map([...graph.clientAuth].filter(([, { state }]) => state === 'usable'));
  const streamSnippets = graph.streamSnippets.filter(
    ({ ref }) => ref.namespace === candidate.metadata.namespace && ref.name === candidate.metadata.name,
  );
  return { ...graph, hosts, clientAuth, streamSnippets };
}
