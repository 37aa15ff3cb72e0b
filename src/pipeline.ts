/** The pure stages and what surrounds them, wired together: from the stores to what is submitted. */
import type { Quarantine } from './cluster/quarantine.ts';
import type { Relevance } from './cluster/relevance.ts';
import type { Stores } from './cluster/stores.ts';
import type { Options } from './config/flags/table.ts';
import { faultsIn } from './config/settings/faults.ts';
import { createGraphBuilder } from './graph/build.ts';
import { messageOf } from './lib/errors.ts';
import { createModelBuilder } from './model/build.ts';
import type { Experience } from './model/experience.ts';
import { createLiveRoutes, createPolicyNames } from './model/live-routes.ts';
import { createMachine } from './nginx/geo-files.ts';
import type { TemplateChoice } from './nginx/template-choice.ts';
import type { NamedLogger } from './observe/log.ts';
import type { Metrics } from './observe/metrics.ts';
import { createQuarantineTeller } from './setup/quarantine.ts';
import type { Reporter } from './report.ts';
import type { Prepared } from './setup/prepare.ts';
import type { GraphOptions } from './graph/options.ts';
import type { EventTeller } from './setup/events.ts';
import type { History } from './dashboard/history.ts';
import type { Lately } from './setup/lately.ts';
import type { DataPlane } from './setup/data-plane.ts';
import type { RunningSource } from './setup/source.ts';
import type { Dashboard } from './setup/dashboard.ts';
import type { Observation } from './setup/observation.ts';
import { createStreamFacts } from './setup/stream-facts.ts';
import { createSync } from './sync.ts';
import type { Sync } from './sync.ts';

export interface CoreParts {
  readonly prepared: Prepared;
  readonly stores: Stores;
  readonly relevance: Relevance;
  readonly metrics: Metrics;
  readonly observation: Observation;
  /** Of generations. */
  readonly record: History;
  readonly lately: Lately;
  readonly dashboard: Dashboard;
  readonly graphOptions: GraphOptions;
  /** Null while it starts. */
  readonly source: () => RunningSource | null;
  /** Null outside of a cluster. */
  readonly events: () => EventTeller | null;
  /** Asks for another sync. */
  readonly again: (why: string) => void;
}

export function classesReadable(parts: CoreParts): () => boolean {
  return () => parts.source()?.classesReadable() ?? true;
}

export interface PipelineParts {
  readonly report: Reporter;
  readonly renderer: TemplateChoice;
  readonly plane: DataPlane;
  readonly experience: Experience;
  readonly quarantine: Quarantine;
}

export function createPipeline(
  app: { readonly options: Options; readonly log: NamedLogger },
  parts: CoreParts,
  { report, renderer, plane, experience, quarantine }: PipelineParts,
): Sync {
  const { options, log } = app;
  const policies = options.liveRoutes ? createPolicyNames() : null;
  return createSync({
    snapshot: parts.stores.snapshot,
    quarantine,
    onQuarantine: createQuarantineTeller({
      log,
      file: parts.prepared.environment.layout.quarantine,
      count: parts.metrics.quarantined,
      tell: ({ object }, message) => {
        if (object !== null) parts.events()?.quarantined(object, message);
      },
    }),
    again: parts.again,
    onServing: parts.observation.serving,
    relevance: parts.relevance,
    defaultBackendService: parts.graphOptions.defaultBackendService,
    graph: createGraphBuilder(parts.graphOptions),
    model: createModelBuilder(policies?.inUse ?? null),
    routes: policies === null ? null : createLiveRoutes(policies),
    renderer,
    live: plane.live,
    tellEndpoints: parts.prepared.teller?.tell ?? (async () => undefined),
    experience,
    submit: plane.applier.submit,
    generations: plane.applier.generations,
    configMap: options.configmap,
    classesReadable: classesReadable(parts),
    zone: () => parts.source()?.zone ?? null,
    machine: createMachine(parts.prepared.environment),
    streamFacts: createStreamFacts(parts.prepared, parts.graphOptions, parts.again),
    log,
    onGraph: (graph, snapshot) => {
      report.graph(graph);
      parts.observation.graph(graph);
      parts.dashboard.graph(graph);
      parts.events()?.synced(snapshot, graph);
    },
    onSettings: (read, source) => {
      report.settings(read, parts.graphOptions.streams.module);
      if (source !== undefined) parts.events()?.settings(source, faultsIn(read));
    },
    onUnrendered: (error) => {
      report.unrendered(error);
      parts.record.unrendered(messageOf(error));
      parts.events()?.refused(messageOf(error));
    },
    stages: parts.metrics.stages,
    onLiveFailure: (error) => {
      log.error('live state could not be sent; it is tried again', { reason: messageOf(error) });
      setTimeout(() => parts.again('live state'), 1000).unref();
    },
  });
}
