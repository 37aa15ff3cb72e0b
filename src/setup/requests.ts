/** Counts the requests that nginx answers, when --enable-metrics asks for it. */
import type { Options } from '../config/flags/table.ts';
import type { Graph } from '../graph/graph.ts';
import { memoizeLast } from '../lib/memo.ts';
import type { Logger } from '../lib/log.ts';
import type { Environment } from '../nginx/environment.ts';
import { PREFIX } from '../observe/exposition.ts';
import type { Scraped } from '../observe/protobuf.ts';
import { startRecordServer } from '../observe/record-server.ts';
import { createRequestMetrics } from '../observe/request-metrics.ts';
import type { Known, RequestTotals } from '../observe/request-metrics.ts';

export interface RequestCounter {
  graph(graph: Graph): void;
  serving(): void;
  exposition(): string;
  /** The same for the protobuf form. */
  families(): Iterable<Scraped>;
  /** Null when nothing is counted. */
  totals(): RequestTotals | null;
  close(): Promise<void>;
}

export interface RequestCounterSetup {
  readonly options: Options;
  readonly environment: Pick<Environment, 'metrics' | 'layout' | 'user'>;
  /** Of every series. */
  readonly labels: Readonly<Record<string, string>>;
  readonly log: Logger;
}

const NOTHING: RequestCounter = {
  graph: () => undefined,
  serving: () => undefined,
  exposition: () => '',
  families: () => [],
  totals: () => null,
  close: async () => undefined,
};

export async function startRequestCounter(setup: RequestCounterSetup): Promise<RequestCounter> {
  const { options, environment, labels, log } = setup;
  const { metrics, layout, user } = environment;
  if (metrics === null) return NOTHING;
  const requests = createRequestMetrics({
    labels,
    perHost: metrics.perHost,
    undefinedHosts: metrics.undefinedHosts,
    statusClasses: options.reportStatusClasses,
    excluded: new Set(options.excludeSocketMetrics.map((name) => name.replace(PREFIX, ''))),
    buckets: metrics.buckets,
    native: metrics.native,
  });
  const server = await startRecordServer({ path: layout.metricsSocket, user, log, onReport: requests.add });
  const known = memoizeLast(knownIn);
  return {
    graph: ({ hosts }) => requests.coming(known(hosts)),
    serving: requests.serving,
    exposition: requests.exposition,
    families: requests.families,
    totals: requests.totals,
    close: server.close,
  };
}

function knownIn(hosts: Graph['hosts']): Known {
  return {
    hosts: new Set(hosts.flatMap(({ name, aliases }): readonly string[] => [name, ...aliases])),
    ingresses: new Set(
      hosts.flatMap(({ paths }) =>
        paths.flatMap(({ owner }) => (owner === null ? [] : [`${owner.namespace}/${owner.name}`])),
      ),
    ),
  };
}
