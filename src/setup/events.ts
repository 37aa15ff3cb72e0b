/** Which happenings become Events, in the words that others look for (compat/behaviour.md 3.2, 4.3, section 9). */
import type { Quarantined } from '../cluster/quarantine.ts';
import type { Snapshot } from '../cluster/snapshot.ts';
import type { Options } from '../config/flags/table.ts';
import type { SettingsFault } from '../config/settings/read.ts';
import { acceptedClasses, belongsToUs } from '../graph/classes.ts';
import type { Graph } from '../graph/graph.ts';
import type { GraphOptions } from '../graph/options.ts';
import type { Problem } from '../graph/problems.ts';
import { differenceOf } from '../lib/chunks.ts';
import type { Logger } from '../lib/log.ts';
import type { ConfigMap, Ingress } from '../source/objects.ts';
import { createEventSink } from '../status/events.ts';
import type { EventObject, EventSink } from '../status/events.ts';
import type { ClusterIdentity } from './source.ts';

export interface EventSetup {
  readonly options: Options;
  readonly identity: ClusterIdentity;
  readonly graphOptions: GraphOptions;
  readonly log: Logger;
}

export interface EventTeller {
  reloaded(): void;
  refused(message: string): void;
  /** Tells the owner of an object that nginx refused. */
  quarantined(object: NonNullable<Quarantined['object']>, message: string): void;
  /** Tells who looks at the ConfigMap of the controller what is wrong with it. */
  settings(configMap: ConfigMap, faults: readonly SettingsFault[]): void;
  /** Tells the owners of Ingresses that are new or changed since the last call, and of new annotation problems. */
  synced(snapshot: Snapshot, graph: Graph): void;
  stop(): Promise<void>;
}

export function createEventTeller({ options, identity, graphOptions, log }: EventSetup): EventTeller {
  const sink = createEventSink({ client: identity.client, log });
  const about = { object: identity.reference, reason: 'RELOAD' } as const;
  const tellers = [
    ingressTeller(sink, graphOptions),
    problemTeller(sink),
    configMapTeller(sink, options.configmap),
  ];
  return {
    reloaded: () =>
      sink.emit({
        ...about,
        type: 'Normal',
        message: 'NGINX reload triggered due to a change in configuration',
      }),
    refused: (message) =>
      sink.emit({ ...about, type: 'Warning', message: `Error reloading NGINX: ${message}` }),
    quarantined: (object, message) =>
      sink.emit({ object: referTo(object), type: 'Warning', reason: 'Quarantined', message }),
    settings(configMap, faults) {
      if (options.disableSyncEvents) return;
      for (const { key, reason } of faults)
        sink.emit({
          object: referTo(configMap),
          type: 'Warning',
          reason: 'ConfigMapInvalid',
          message: `data["${key}"]: ${reason}`,
        });
    },
    synced(snapshot, graph) {
      if (options.disableSyncEvents) return;
      for (const tell of tellers) tell(snapshot, graph);
    },
    stop: sink.stop,
  };
}

type Teller = (snapshot: Snapshot, graph: Graph) => void;

function ingressTeller(sink: EventSink, options: GraphOptions): Teller {
  let last: Snapshot['ingresses'] = [];
  return (snapshot) => {
    if (snapshot.ingresses === last) return;
    const { removed, added } = differenceOf(last, snapshot.ingresses);
    last = snapshot.ingresses;
    const seen = new Map(removed.map(({ metadata }) => [metadata.uid, versionOf(metadata)]));
    const classes = acceptedClasses(snapshot, options);
    for (const ingress of added) {
      const { metadata } = ingress;
      if (!belongsToUs(ingress, classes, options) || seen.get(metadata.uid) === versionOf(metadata)) continue;
      sink.emit({ object: referTo(ingress), type: 'Normal', reason: 'Sync', message: 'Scheduled for sync' });
    }
  };
}

/** Status writes do not change the generation, and are no news. */
function versionOf({ generation, resourceVersion }: Ingress['metadata']): string {
  return String(generation ?? resourceVersion);
}

function problemTeller(sink: EventSink): Teller {
  let told: ReadonlySet<Problem> = new Set();
  return (snapshot, graph) => {
    for (const problem of graph.problems) {
      if (told.has(problem) || problem.code !== 'annotation-invalid' || problem.severity === 'warning')
        continue;
      const { namespace, name } = problem.object;
      const owner = snapshot.ingresses.find(
        ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
      );
      if (owner === undefined) continue;
      const message = `${problem.field}: ${problem.message}`;
      sink.emit({ object: referTo(owner), type: 'Warning', reason: 'AnnotationParsingFailed', message });
    }
    told = new Set(graph.problems);
  };
}

function configMapTeller(sink: EventSink, key: string): Teller {
  let last: ConfigMap | undefined;
  return (snapshot) => {
    const current = snapshot.configMaps.get(key);
    if (current === last || current === undefined) return;
    const reason = last === undefined ? 'CREATE' : 'UPDATE';
    last = current;
    sink.emit({ object: referTo(current), type: 'Normal', reason, message: `ConfigMap ${key}` });
  };
}

function referTo({ kind, apiVersion, metadata }: NonNullable<Quarantined['object']>): EventObject {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { kind, apiVersion, namespace, name, uid, resourceVersion };
}
