/** The status page for people (--dashboard) with all that it shows. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { splitAddress } from '../config/flags/address.ts';
import type { Options } from '../config/flags/table.ts';
import type { Place } from '../config/place.ts';
import { build } from '../config/version.ts';
import { createAnnotationTeller } from '../dashboard/annotations.ts';
import type { Live } from '../dashboard/context.ts';
import type { History } from '../dashboard/history.ts';
import { createLookups } from '../dashboard/lookups.ts';
import { createRates } from '../dashboard/rates.ts';
import { answer } from '../dashboard/routes.ts';
import { startDashboardServer } from '../dashboard/server.ts';
import type { DashboardServer } from '../dashboard/server.ts';
import { annotationFamilies } from '../graph/annotations/read.ts';
import type { Graph } from '../graph/graph.ts';
import { messageOf } from '../lib/errors.ts';
import type { NamedLogger } from '../observe/log.ts';

export interface Dashboard {
  graph(graph: Graph): void;
  /** Answers from now on. @throws when the port cannot be bound. */
  serve(live: Live): Promise<void>;
  close(): Promise<void>;
}

export interface DashboardSetup {
  readonly options: Pick<Options, 'dashboard' | 'dashboardAddress'>;
  readonly place: Place;
  readonly log: NamedLogger;
  readonly record: History;
}

const NOTHING: Dashboard = {
  graph: () => undefined,
  serve: async () => undefined,
  close: async () => undefined,
};

/** Nothing listens without --dashboard. */
export function createDashboard(setup: DashboardSetup): Dashboard {
  const { options, place, record } = setup;
  const log = setup.log.named('dashboard');
  const address = splitAddress(options.dashboardAddress);
  if (!options.dashboard || address === null) return NOTHING;
  const annotations = createAnnotationTeller(annotationFamilies);
  const lookups = createLookups(annotations.message);
  let latest: Graph | null = null;
  let server: DashboardServer | null = null;
  return {
    graph: (graph) => void (latest = graph),
    async serve(live) {
      const none = { all: 0, hosts: new Map<string, number>() };
      const context = {
        ...live,
        version: build.version,
        graph: () => latest,
        history: record,
        lookups,
        annotations,
        rates: createRates(
          () => live.totals() ?? none,
          () => performance.now(),
        ),
        now: Date.now,
      };
      server = await startDashboardServer({
        ...address,
        files: await readFiles(place.assets.dashboard),
        answer: (url) => answer(context, url),
        onError: (error) => log.error('a page could not be made', { reason: messageOf(error) }),
      });
      log.info('Status page', { url: `http://${options.dashboardAddress.replace(/^:/, 'localhost:')}/` });
    },
    async close() {
      await server?.close();
      server = null;
    },
  };
}

async function readFiles(folder: string) {
  const [style, script] = await Promise.all(
    ['style.css', 'script.js'].map((name) => readFile(join(folder, name), 'utf8')),
  );
  return { style: style ?? '', script: script ?? '' };
}
