/** From objects to the report. */
import { randomUUID } from 'node:crypto';
import { createJudge } from '../admission/verdict.ts';
import type { Snapshot } from '../cluster/snapshot.ts';
import { build } from '../config/version.ts';
import { faultsIn } from '../config/settings/faults.ts';
import { readSettings } from '../config/settings/read.ts';
import { createGraphBuilder } from '../graph/build.ts';
import { acceptedClasses, createMembership } from '../graph/classes.ts';
import { NOTHING_FOUND_OUT } from '../graph/collect.ts';
import type { Graph } from '../graph/graph.ts';
import type { GraphOptions } from '../graph/options.ts';
import type { Problem, ProblemCode } from '../graph/problems.ts';
import { createStreamMaps } from '../graph/streams.ts';
import { keyOf } from '../lib/keys.ts';
import type { Ingress } from '../source/objects.ts';
import { annotationDifferences, differencesOf, settingDifferences } from './differences.ts';
import { surprisingHosts } from './paths.ts';
import { countOutcomes, outcomeOf } from './report.ts';
import type { ControllerReport, Finding, FindingKind, IngressReport, Report } from './report.ts';
import { adviceOn } from './snippets.ts';

export interface Examined {
  readonly snapshot: Snapshot;
  readonly options: GraphOptions;
  /** `--watch-namespace`; empty: all. */
  readonly watchNamespace: string;
  /** Key of the ConfigMap of the controller. */
  readonly configMap: string;
  /** Null when it was not found. */
  readonly controller: ControllerReport | null;
  readonly source: string;
  readonly gaps: readonly string[];
  /** `file:line` of a field of an object; empty when it is in no file. */
  readonly placeOf: (kind: string, key: string, field: string) => string;
}

export async function examine(examined: Examined): Promise<Report> {
  const { snapshot, options, configMap, controller, source, gaps } = examined;
  const data = snapshot.configMaps.get(configMap)?.data ?? {};
  const read = readSettings(data);
  const graph = createGraphBuilder(options).build(snapshot, { ...read.settings, ...NOTHING_FOUND_OUT });
  const judge = createJudge({
    snapshot: () => snapshot,
    settings: () => read.settings,
    classesReadable: () => true,
    options,
    watchNamespace: examined.watchNamespace,
    deepInspect: true,
    check: async () => null,
    onReviewed: () => undefined,
  });
  const about = problemsByIngress(graph);
  const isOurs = createMembership(snapshot, { ...examined, classes: acceptedClasses(snapshot, options) });
  const ingresses: IngressReport[] = [];
  for (const ingress of snapshot.ingresses) {
    const key = keyOf(ingress.metadata);
    const place = examined.placeOf('Ingress', key, '');
    if (!isOurs(ingress)) {
      ingresses.push({ name: key, place, outcome: 'foreign', findings: [], snippets: [] });
      continue;
    }
    const problems = about.get(key) ?? [];
    const { message, allowed } = await judge(withUid(ingress));
    const findings = [
      ...problems.map((problem) => findingOf(problem, examined)),
      ...(allowed || problems.some(({ severity }) => severity === 'refused')
        ? []
        : refusalsOf(message, key, examined)),
      ...differencesIn(ingress, examined),
    ];
    const snippets = snippetsOf(ingress, options.annotationsPrefix);
    ingresses.push({ name: key, place, outcome: outcomeOf(findings), findings, snippets });
  }
  return {
    version: build.version,
    source,
    counts: countOutcomes(ingresses),
    ingresses,
    hosts: surprisingHosts(graph),
    controller,
    settings: settingFindings(data, read, examined),
    // Endpoints come and go; an entry without any is the same with both.
    streams: createStreamMaps(options.streams)(snapshot.configMaps).problems.map((problem) =>
      streamFinding(problem, examined),
    ),
    gaps,
  };
}

/** Objects in files have none, and the webhook takes that for a forgery. */
function withUid(ingress: Ingress): Ingress {
  return { ...ingress, metadata: { ...ingress.metadata, uid: randomUUID() } };
}

function problemsByIngress({ problems }: Graph): ReadonlyMap<string, readonly Problem[]> {
  return Map.groupBy(
    problems.filter(({ object }) => object.kind === 'Ingress'),
    ({ object }) => keyOf(object),
  );
}

/** What is as wrong with ingress-nginx, with the same result. */
const COMMON: ReadonlySet<ProblemCode> = new Set([
  'path-conflict',
  'default-backend-conflict',
  'annotation-deprecated',
  'annotation-unknown',
  'annotation-invalid',
  'canary-unattached',
  'canary-disabled',
  'cookie-path-missing',
  'service-missing',
  'service-port-missing',
  'secret-missing',
  'certificate-invalid',
  'certificate-mismatch',
  'external-name-disabled',
  'users-unusable',
]);

function findingOf({ severity, code, field, object, message }: Problem, examined: Examined): Finding {
  const kind: FindingKind = severity === 'refused' ? 'refused' : COMMON.has(code) ? 'same' : 'different';
  return { kind, field, message, place: examined.placeOf('Ingress', keyOf(object), field) };
}

function streamFinding({ object, field, message }: Problem, { placeOf }: Examined): Finding {
  const key = keyOf(object);
  const place = placeOf('ConfigMap', key, field);
  return { kind: 'ignored', field: `ConfigMap ${key} ${field}`.trim(), message, place };
}

/** Lines of the webhook: `field: what is wrong`, or only the latter. */
function refusalsOf(message: string, key: string, { placeOf }: Examined): readonly Finding[] {
  return message.split('\n').map((line) => {
    const [, field = '', rest = line] = /^((?:spec|metadata)\S*): (.*)$/.exec(line) ?? [];
    return { kind: 'refused', field, message: rest, place: placeOf('Ingress', key, field) };
  });
}

function differencesIn(ingress: Ingress, { options, placeOf }: Examined): readonly Finding[] {
  const prefix = `${options.annotationsPrefix}/`;
  const key = keyOf(ingress.metadata);
  return Object.entries(ingress.metadata.annotations ?? {}).flatMap(([name, value]) => {
    if (!name.startsWith(prefix)) return [];
    const field = `metadata.annotations["${name}"]`;
    return differencesOf(annotationDifferences, name.slice(prefix.length), value).map(
      ({ kind, message }) => ({ kind, field, message, place: placeOf('Ingress', key, field) }),
    );
  });
}

function snippetsOf({ metadata }: Ingress, prefix: string): IngressReport['snippets'] {
  return Object.entries(metadata.annotations ?? {})
    .filter(([name]) => name.startsWith(`${prefix}/`) && name.endsWith('-snippet'))
    .flatMap(([name, value]) => adviceOn(name.slice(prefix.length + 1), value));
}

function settingFindings(
  data: Readonly<Record<string, string>>,
  read: ReturnType<typeof readSettings>,
  { configMap, placeOf }: Examined,
): readonly Finding[] {
  const finding = (kind: FindingKind, name: string, message: string): Finding => {
    const field = `data["${name}"]`;
    return { kind, field, message, place: placeOf('ConfigMap', configMap, field) };
  };
  return [
    // What nobody knows has no effect with either.
    ...faultsIn(read).map(({ key, reason }) =>
      finding(read.unknown.includes(key) ? 'same' : 'different', key, reason),
    ),
    ...Object.entries(data).flatMap(([name, value]) =>
      differencesOf(settingDifferences, name, value).map(({ kind, message }) => finding(kind, name, message)),
    ),
  ];
}
