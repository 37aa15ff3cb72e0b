/** The decision about one Ingress: the code of the sync on the same objects plus the candidate, then nginx's own word. */
import type { Snapshot } from '../cluster/snapshot.ts';
import type { Settings } from '../config/settings/table.ts';
import { createGraphBuilder } from '../graph/build.ts';
import { acceptedClasses, belongsToUs, namespaceInScope } from '../graph/classes.ts';
import type { Graph, Host } from '../graph/graph.ts';
import type { GraphOptions } from '../graph/options.ts';
import { createModelBuilder } from '../model/build.ts';
import type { Model } from '../model/model.ts';
import type { Ingress } from '../source/objects.ts';
import { inspectAnnotations, inspectDeeply, inspectUid, warningsOf } from './inspect.ts';
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
  readonly check: (model: Model) => Promise<string | null>;
}

const ACCEPTED: Verdict = { allowed: true, message: '', warnings: [] };

export async function judge(candidate: Ingress, context: VerdictContext): Promise<Verdict> {
  if (candidate.metadata.deletionTimestamp !== undefined) return ACCEPTED;
  const prefix = context.options.annotationsPrefix;
  const warnings = warningsOf(candidate, prefix);
  const message = await firstFault(candidate, context);
  return message === null ? { allowed: true, message: '', warnings } : { allowed: false, message, warnings };
}

async function firstFault(candidate: Ingress, context: VerdictContext): Promise<string | null> {
  const suspicious = context.deepInspect ? inspectDeeply(candidate) : null;
  if (suspicious !== null) return `invalid object: ${suspicious}`;
  const snapshot = context.snapshot();
  if (!isOurs(candidate, snapshot, context)) return null;
  const alone = inspectUid(candidate) ?? inspectAnnotations(candidate, context.options.annotationsPrefix);
  if (alone !== null) return alone;
  const settings = context.settings(snapshot);
  const graph = createGraphBuilder(context.options).build(neighbourhood(candidate, snapshot), {
    ...settings,
    ingressClassesReadable: context.classesReadable(),
  });
  const refusals = refusalsOf(candidate, graph);
  if (refusals !== null) return refusals;
  return context.check(onlyHostsOf(candidate, createModelBuilder().build(graph, settings)));
}

function isOurs(candidate: Ingress, snapshot: Snapshot, context: VerdictContext): boolean {
  const { options, watchNamespace } = context;
  const { namespace } = candidate.metadata;
  const classes = context.classesReadable() ? acceptedClasses(snapshot, options) : null;
  if (!belongsToUs(candidate, classes, options)) return false;
  if (watchNamespace !== '' && watchNamespace !== namespace) return false;
  return namespaceInScope(namespace, snapshot, options);
}

/**
 * The candidate and all Ingresses that share a host with it. It counts as the youngest, also when it exists already: an update
 * must not take a path from somebody who has it.
 */
function neighbourhood(candidate: Ingress, snapshot: Snapshot): Snapshot {
  const { namespace, name } = candidate.metadata;
  const hosts = hostsOf(candidate);
  const neighbours = snapshot.ingresses.filter((other) => {
    const same = other.metadata.namespace === namespace && other.metadata.name === name;
    return !same && sharesHost(other, hosts);
  });
  return { ...snapshot, ingresses: [...neighbours, candidate] };
}

function hostsOf(ingress: Ingress): ReadonlySet<string> {
  return new Set((ingress.spec.rules ?? []).map((rule) => rule.host ?? ''));
}

function sharesHost(ingress: Ingress, hosts: ReadonlySet<string>): boolean {
  return (ingress.spec.rules ?? []).some((rule) => hosts.has(rule.host ?? ''));
}

function refusalsOf(candidate: Ingress, graph: Graph): string | null {
  const { namespace, name } = candidate.metadata;
  const own = graph.problems.filter(
    ({ severity, object }) =>
      severity === 'refused' &&
      object.kind === 'Ingress' &&
      object.namespace === namespace &&
      object.name === name,
  );
  if (own.length === 0) return null;
  return own.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join('\n');
}

function onlyHostsOf(candidate: Ingress, model: Model): Model {
  const hosts = new Set<Host | string>([...hostsOf(candidate)].map((host) => (host === '' ? '_' : host)));
  return { ...model, servers: model.servers.filter(({ host }) => host === '_' || hosts.has(host)) };
}
