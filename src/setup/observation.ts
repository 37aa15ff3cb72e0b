/** All that is shown at /metrics, in one text. */
import type { Options } from '../config/flags/table.ts';
import type { Graph } from '../graph/graph.ts';
import type { Logger } from '../lib/log.ts';
import type { Environment } from '../nginx/environment.ts';
import { createCertificateMetrics } from '../observe/certificate-metrics.ts';
import { createMetrics } from '../observe/metrics.ts';
import type { ControllerLabels, Facts, Metrics } from '../observe/metrics.ts';
import { createNginxMetrics } from '../observe/nginx-metrics.ts';
import { printOrphans } from '../observe/orphans.ts';
import type { RequestTotals } from '../observe/request-metrics.ts';
import { printFollowed } from '../observe/source-metrics.ts';
import type { Followed } from '../observe/source-metrics.ts';
import { leadsIn } from './leads.ts';
import { startRequestCounter } from './requests.ts';

export interface Observation {
  readonly metrics: Metrics;
  graph(graph: Graph): void;
  /** What the last graph says serves. */
  serving(): void;
  /** Requests so far; null when they are not counted. */
  totals(): RequestTotals | null;
  exposition(state: Observed): Promise<{ readonly contentType: string; readonly text: string }>;
  close(): Promise<void>;
}

/** What is looked at when somebody asks. */
export interface Observed {
  /** Process id of nginx's master, or null. */
  readonly master: () => number | null;
  /** Whether this replica is the elected one. */
  readonly leading: () => boolean;
  readonly followed: () => readonly Followed[];
  readonly draining: () => Promise<Parameters<Metrics['draining']>[0]>;
}

export interface ObservationSetup {
  readonly options: Options;
  readonly environment: Environment;
  readonly log: Logger;
  readonly facts: Facts;
}

export async function startObservation(setup: ObservationSetup): Promise<Observation> {
  const { options, environment, log, facts } = setup;
  const labels = labelsOf(options);
  const metrics = createMetrics(labels, facts);
  const certificates = createCertificateMetrics(options.controllerClass);
  const requests = await startRequestCounter({ options, environment, labels: { ...labels }, log });
  let latest: Graph | null = null;
  const ofNginx = createNginxMetrics({ labels: { ...labels }, statusPort: options.statusPort });
  return {
    metrics,
    graph(graph) {
      latest = graph;
      requests.graph(graph);
      certificates.serving(graph.certificates, graph.defaultCertificate);
    },
    serving() {
      metrics.inForce();
      requests.serving();
    },
    async exposition(state) {
      metrics.draining(await state.draining());
      metrics.leading(state.leading(), options.electionId);
      const { contentType, text } = await metrics.exposition();
      const nginx = options.enableMetrics ? await ofNginx(state.master()) : '';
      const own = [
        await certificates.exposition(state.leading),
        latest === null ? '' : printOrphans(leadsIn(latest), { ...labels }),
        printFollowed(state.followed(), { ...labels }, Date.now()),
      ];
      return { contentType, text: `${text}${requests.exposition()}${nginx}${own.join('')}` };
    },
    totals: requests.totals,
    close: requests.close,
  };
}

function labelsOf(options: Options): ControllerLabels {
  return {
    controller_class: options.controllerClass,
    controller_namespace: process.env['POD_NAMESPACE'] ?? 'default',
    controller_pod: process.env['POD_NAME'] ?? 'local',
  };
}
