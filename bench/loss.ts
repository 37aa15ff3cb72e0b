/** What is lost while configurations, endpoints and certificates change; and what websockets cost over many reloads. */
import { configMap, ingress } from '../src/testing/harness/objects.ts';
import { summaryOf } from '../src/testing/harness/load.ts';
import { SOCKETS, runLoss, writeSockets } from '../src/testing/harness/loss.ts';
import type { LossOptions, LossReport } from '../src/testing/harness/loss.ts';
import { eventually } from '../src/testing/harness/poll.ts';
import { proportionalMegabytes, workersOf } from '../src/testing/harness/processes.ts';
import type { Program } from '../src/testing/harness/program.ts';
import { createStage } from '../src/testing/harness/stage.ts';
import type { Stage } from '../src/testing/harness/stage.ts';
import { openWebsockets } from '../src/testing/harness/websockets.ts';
import type { Websocket } from '../src/testing/harness/websockets.ts';
import { atMost, percentile } from './figures.ts';
import type { Figure } from './figures.ts';

export const FULL_LOSS: LossOptions = {
  requests: 100_000,
  rate: 500,
  reloads: 100,
  endpointChanges: 100,
  certificateChanges: 20,
  websockets: 200,
};

export async function measureLoss(options: LossOptions): Promise<readonly Figure[]> {
  const stage = createStage();
  try {
    return figuresOf(await runLoss(stage, options), options);
  } finally {
    await stage.close();
  }
}

function figuresOf(report: LossReport, options: LossOptions): readonly Figure[] {
  const { load } = report;
  const at = (share: number) => percentile(load.times, share);
  return [
    {
      name: `requests lost of ${load.sent}`,
      value: load.sent - load.answered,
      unit: 'count',
      bar: atMost(0),
      reference: summaryOf(load.losses),
    },
    {
      name: `websockets lost of ${options.websockets}`,
      value: report.websocketLosses.length,
      unit: 'count',
      bar: atMost(0),
      reference: `${report.echoes} echoes`,
    },
    {
      name: 'requests sent again over a new connection',
      value: load.repeated.length,
      unit: 'count',
      reference: summaryOf(load.repeated),
    },
    {
      name: 'reloads meanwhile',
      value: report.reloads,
      unit: 'count',
      reference: `${report.endpointChanges} endpoint and ${report.certificateChanges} certificate changes in ${report.seconds.toFixed(0)} s`,
    },
    { name: 'generations that drained at one time', value: report.mostDraining, unit: 'count' },
    {
      name: 'time of an answer, p99',
      value: at(0.99),
      unit: 'ms',
      reference: `p50 ${at(0.5).toFixed(1)} ms, most ${at(1).toFixed(0)} ms; sent at most ${load.lateness.toFixed(0)} ms late`,
    },
  ];
}

export interface WebsocketOptions {
  readonly websockets: number;
  readonly reloads: number;
  /** `first`: all before the first reload; `spread`: some in each generation. */
  readonly opened: 'first' | 'spread';
  /** Seconds of worker-shutdown-timeout. */
  readonly shutdownTimeout: number;
  /** --max-draining-generations. */
  readonly limit: number;
}

export const FULL_WEBSOCKETS: readonly WebsocketOptions[] = [
  { websockets: 1000, reloads: 200, opened: 'first', shutdownTimeout: 600, limit: 10 },
  { websockets: 1000, reloads: 200, opened: 'spread', shutdownTimeout: 20, limit: 10 },
  { websockets: 1000, reloads: 200, opened: 'spread', shutdownTimeout: 600, limit: 0 },
];

export async function measureWebsockets(options: WebsocketOptions): Promise<readonly Figure[]> {
  const stage = createStage();
  try {
    await writeSockets(stage);
    stage.write(
      'settings.yaml',
      configMap('settings', { 'worker-shutdown-timeout': `${options.shutdownTimeout}s` }),
    );
    const program = await stage.start({
      stdout: '/dev/null',
      flags: [
        '--configmap=default/settings',
        '--live-routes=false',
        `--max-draining-generations=${options.limit}`,
      ],
    });
    const empty = memoryOf(program);
    const found = await reloadWithWebsockets(stage, program, options);
    const open = found.sockets.filter((socket) => socket.isOpen());
    const after = memoryOf(program);
    for (const socket of found.sockets) socket.close();
    await eventually(async () => {
      if ((await drainingOf(program)) > 0) throw new Error('generations still drain');
    }, 120_000);
    const { opened, limit, shutdownTimeout } = options;
    const how = opened === 'first' ? 'all in the first generation' : 'some in each generation';
    return [
      {
        name: `websockets open of ${options.websockets}, after ${options.reloads} reloads`,
        value: open.length,
        unit: 'count',
        reference: `${how}; worker-shutdown-timeout ${shutdownTimeout} s; ${limit === 0 ? 'no bound' : `at most ${limit} generations drain`}; ${found.seconds.toFixed(0)} s`,
      },
      {
        name: 'websockets closed before worker-shutdown-timeout',
        value: found.kept.filter((seconds) => seconds < shutdownTimeout - 1).length,
        unit: 'count',
        reference: found.kept.length === 0 ? '' : `kept for ${Math.min(...found.kept).toFixed(0)} s at least`,
      },
      { name: 'generations that drained at one time', value: found.mostDraining, unit: 'count' },
      {
        name: 'memory of nginx, all processes (PSS), most',
        value: found.most,
        unit: 'MB',
        reference: `${empty.toFixed(0)} MB before; ${after.toFixed(0)} MB at the end, ${memoryOf(program).toFixed(0)} MB without the websockets`,
      },
    ];
  } finally {
    await stage.close();
  }
}

interface Found {
  readonly sockets: readonly Websocket[];
  /** Seconds for which those that were closed were kept after the reload that came first after they were opened. */
  readonly kept: readonly number[];
  readonly mostDraining: number;
  /** Megabytes. */
  readonly most: number;
  readonly seconds: number;
}

async function reloadWithWebsockets(
  stage: Stage,
  program: Program,
  options: WebsocketOptions,
): Promise<Found> {
  const { http, https } = program.ports;
  const open = (count: number) => openWebsockets({ http, https, host: SOCKETS }, count);
  const started = performance.now();
  const sockets = options.opened === 'first' ? [...(await open(options.websockets))] : [];
  const drainedFrom = new Map<Websocket, number>();
  let mostDraining = 0;
  let most = 0;
  for (let reload = 0; reload < options.reloads; reload++) {
    // What is left to open is shared among the reloads that are left.
    sockets.push(
      ...(await open(Math.ceil((options.websockets - sockets.length) / (options.reloads - reload)))),
    );
    const rules = { [`new-${reload}.test`]: 'sockets' };
    await program.reloadAfter(() => stage.write('new.yaml', ingress('new', { rules })), 60_000);
    for (const socket of sockets) {
      if (!drainedFrom.has(socket)) drainedFrom.set(socket, performance.now());
    }
    mostDraining = Math.max(mostDraining, await drainingOf(program));
    most = Math.max(most, memoryOf(program));
  }
  const kept = [...drainedFrom].flatMap(([socket, from]) => {
    const ended = socket.ended();
    return ended === null ? [] : (ended.at - from) / 1000;
  });
  return { sockets, kept, mostDraining, most, seconds: (performance.now() - started) / 1000 };
}

const drainingOf = (program: Program) => program.metric('nginx_ingress_controller_draining_generations');

/** Megabytes of the master and all workers. A worker may end while it is looked at. */
function memoryOf(program: Program): number {
  const master = program.master();
  return [master, ...workersOf(master)].reduce((sum, pid) => sum + (sizeOf(pid) ?? 0), 0);
}

function sizeOf(pid: number): number | null {
  try {
    return proportionalMegabytes(pid);
  } catch {
    return null;
  }
}
