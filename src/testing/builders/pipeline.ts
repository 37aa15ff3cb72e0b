/** The pure stages on a set of objects, once and from scratch. */
import type { Snapshot } from '../../cluster/snapshot.ts';
import { createStores } from '../../cluster/stores.ts';
import { defaultOptions } from '../../config/flags/parse.ts';
import { readSettings } from '../../config/settings/read.ts';
import type { Settings } from '../../config/settings/table.ts';
import { createGraphBuilder } from '../../graph/build.ts';
import type { Backend, Graph, GraphHost } from '../../graph/graph.ts';
import type { GraphOptions } from '../../graph/options.ts';
import { createReach } from '../../lib/addresses.ts';
import { createModelBuilder } from '../../model/build.ts';
import type { Location, Model, Server } from '../../model/model.ts';
import { graphOptionsOf } from '../../setup/graph-options.ts';
import type { KubeObject } from '../../source/objects.ts';
import { ingressClass } from './objects.ts';

export const graphOptions: GraphOptions = Object.freeze({
  ingressClass: 'nginx',
  controllerClass: 'k8s.io/ingress-nginx',
  ingressClassByName: false,
  watchIngressWithoutClass: false,
  annotationsPrefix: 'nginx.ingress.kubernetes.io',
  disableCatchAll: false,
  disableSvcExternalName: false,
  namespaceSelector: null,
  defaultBackendService: null,
  defaultSslCertificate: null,
  reach: createReach([]),
  snippetDirectives: [],
  loopbackEndpoints: 'refused',
  ownEndpoints: new Set<string>(),
  budgets: graphOptionsOf(defaultOptions()).budgets,
  streams: { tcp: null, udp: null, reserved: new Map(), passthrough: false, module: 'there' as const },
});

export interface Evaluation {
  readonly snapshot: Snapshot;
  readonly settings: Settings;
  readonly graph: Graph;
  readonly model: Model;
}

export interface EvaluationOptions {
  readonly options?: Partial<GraphOptions>;
  readonly classesReadable?: boolean;
}

export const CONFIG_MAP = 'ingress-nginx/ingress-nginx-controller';

/** The objects as they are, and nothing else. */
export function snapshotOf(objects: readonly KubeObject[]): Snapshot {
  const stores = createStores(() => undefined);
  for (const object of objects) stores.put(object);
  return stores.snapshot();
}

/** The objects and the IngressClass `nginx`, which most tests take for granted. */
export function evaluate(objects: readonly KubeObject[], options: EvaluationOptions = {}): Evaluation {
  return evaluateExactly([ingressClass(), ...objects], options);
}

export function evaluateExactly(
  objects: readonly KubeObject[],
  { options, classesReadable = true }: EvaluationOptions = {},
): Evaluation {
  const snapshot = snapshotOf(objects);
  const { settings } = readSettings(snapshot.configMaps.get(CONFIG_MAP)?.data ?? {});
  const graph = createGraphBuilder({ ...graphOptions, ...options }).build(snapshot, {
    ...settings,
    ingressClassesReadable: classesReadable,
    heldPorts: new Map(),
    resolvedNames: new Map(),
    zone: null,
  });
  return { snapshot, settings, graph, model: createModelBuilder().build(graph, settings) };
}

/** @throws when there is none. */
export function hostOf({ graph }: Pick<Evaluation, 'graph'>, name: string): GraphHost {
  return found(
    graph.hosts.find((host) => host.name === name),
    `host ${name}`,
  );
}

/** @throws when there is none. */
export function serverOf({ model }: Pick<Evaluation, 'model'>, name: string): Server {
  return found(
    model.servers.find((server) => server.host === name),
    `server ${name}`,
  );
}

/** @throws when there is none. */
export function backendOf({ graph }: Pick<Evaluation, 'graph'>, name: string): Backend {
  return found(
    graph.backends.find((backend) => backend.name === name),
    `backend ${name}`,
  );
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is no ${what}`);
  return value;
}

/** `= /x`, `/x/`, `~* ^/x`: a location as nginx.conf shows it. */
export function matchText({ match }: Location): string {
  if (match.kind === 'regex') return `~* ${match.pattern}`;
  return match.kind === 'exact' ? `= ${match.path}` : match.path;
}

/** `code severity field` of every problem, in order. */
export function problemLines({ graph }: Pick<Evaluation, 'graph'>): readonly string[] {
  return graph.problems.map(({ code, severity, field }) => `${severity} ${code} ${field}`.trim());
}

/** The live state without its parts. */
export function liveMapOf({ live }: Pick<Model, 'live'>): ReadonlyMap<string, string> {
  return new Map(live.flatMap((part) => [...part]));
}
