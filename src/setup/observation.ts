/** All that is shown at /metrics. */
import type { Options } from '../config/flags/table.ts';
import type { Graph } from '../graph/graph.ts';
import type { Logger } from '../lib/log.ts';
import type { Environment } from '../nginx/environment.ts';
import { inSlices } from '../lib/slices.ts';
import { PROTOBUF, prefersProtobuf } from '../observe/accept.ts';
import { createCertificateMetrics } from '../observe/certificate-metrics.ts';
import { printFamilies, scrapedOf } from '../observe/exposition.ts';
import type { ShownMetrics } from '../observe/health.ts';
import { createMetrics } from '../observe/metrics.ts';
import type { ControllerLabels, Facts, Metrics } from '../observe/metrics.ts';
import { createNginxMetrics } from '../observe/nginx-metrics.ts';
import { orphanFamilies } from '../observe/orphans.ts';
import { encodeFamilies } from '../observe/protobuf.ts';
import type { RequestTotals } from '../observe/request-metrics.ts';
import { followedFamilies } from '../observe/source-metrics.ts';
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
  /** In the form that a header Accept asks for: protobuf only with native histograms, which need it. */
  exposition(state: Observed, accept: string): Promise<ShownMetrics>;
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
    async exposition(state, accept) {
      metrics.draining(await state.draining());
      metrics.leading(state.leading(), options.electionId);
      const rest = async () => [
        ...(options.enableMetrics ? await ofNginx(state.master()) : []),
        ...(await certificates.families(state.leading)),
        ...(latest === null ? [] : orphanFamilies(leadsIn(latest), { ...labels })),
        ...followedFamilies(state.followed(), { ...labels }, Date.now()),
      ];
      if ((environment.metrics?.native ?? null) !== null && prefersProtobuf(accept)) {
        const all = [...(await metrics.families()), ...requests.families(), ...(await rest()).map(scrapedOf)];
        return { contentType: PROTOBUF, body: await inSlices(encodeFamilies(all)) };
      }
      const { contentType, text } = await metrics.exposition();
      return { contentType, body: `${text}${requests.exposition()}${printFamilies(await rest())}` };
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
