/** Load of many kinds on one site while everything about it changes: what is lost? */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Backend } from './backend.ts';
import { makePair } from './certificates.ts';
import {
  http2Sessions,
  keptConnections,
  keptTlsConnections,
  newConnections,
  newTlsConnections,
} from './load-ways.ts';
import type { LoadTarget } from './load-ways.ts';
import { runLoad } from './load.ts';
import type { LoadReport } from './load.ts';
import { endpoints, ingress, ingressClass, service, tlsSecret } from './objects.ts';
import type { Program } from './program.ts';
import { annotations } from './sites.ts';
import type { Stage } from './stage.ts';
import { openWebsockets } from './websockets.ts';
import type { Websocket } from './websockets.ts';

export interface LossOptions {
  readonly requests: number;
  /** Requests a second. */
  readonly rate: number;
  readonly reloads: number;
  readonly endpointChanges: number;
  readonly certificateChanges: number;
  /** Half of them idle, half of them used all the time. */
  readonly websockets: number;
}

export interface LossReport {
  readonly load: LoadReport;
  /** Of each websocket that ended, or did not answer, the reason. */
  readonly websocketLosses: readonly string[];
  readonly echoes: number;
  readonly reloads: number;
  readonly endpointChanges: number;
  readonly certificateChanges: number;
  /** Generations that drained at one time, at most, as seen twice a second. */
  readonly mostDraining: number;
  readonly seconds: number;
}

export const SITE = 'load.test';
/** Of a Service whose endpoint stays. */
export const SOCKETS = 'sockets.test';
/** Milliseconds for which a pod answers after it has left the endpoints. */
const GRACE = 2000;
/** Milliseconds without a request that end it then. */
const QUIET = 1000;
const REPLICAS = 3;

interface Running {
  readonly stage: Stage;
  readonly program: Program;
  readonly pool: Backend[];
}

export async function runLoss(stage: Stage, options: LossOptions): Promise<LossReport> {
  const running = await startSite(stage);
  const { program } = running;
  const { http, https } = program.ports;
  const sockets = await openWebsockets({ http, https, host: SOCKETS }, options.websockets);
  const before = program.reloads();
  const over = new AbortController();
  const started = performance.now();
  const used = createWebsocketUse();
  const watched = Promise.all([watchDraining(program, over.signal), used.keepBusy(sockets, over.signal)]);
  const changed = changeAll(running, options);
  const load = await runMixed({ http, https, host: SITE }, options);
  const counts = await changed;
  over.abort();
  const [mostDraining] = await watched;
  const seconds = (performance.now() - started) / 1000;
  await Promise.all(sockets.map(used.echo));
  for (const socket of sockets) socket.close();
  return {
    load,
    websocketLosses: [...used.losses.values()],
    echoes: used.echoes(),
    reloads: program.reloads() - before,
    ...counts,
    mostDraining,
    seconds,
  };
}

/** A site with TLS and without a redirect to it, and one for websockets. */
export async function writeSockets(stage: Stage): Promise<void> {
  const idle = annotations({
    'proxy-read-timeout': 3600,
    'proxy-send-timeout': 3600,
    'ssl-redirect': 'false',
  });
  stage.write(
    'sockets.yaml',
    ingressClass(),
    service('sockets'),
    ...endpoints('sockets', [await stage.backend('sockets')]),
    tlsSecret('sockets', await makePair(SOCKETS)),
    ingress('sockets', {
      annotations: idle,
      rules: { [SOCKETS]: 'sockets' },
      tls: [{ hosts: [SOCKETS], secretName: 'sockets' }],
    }),
  );
}

async function startSite(stage: Stage): Promise<Running> {
  await writeSockets(stage);
  const pool: Backend[] = [];
  for (let replica = 0; replica < REPLICAS; replica++) pool.push(await stage.backend(`web-${replica}`));
  writePool(stage, pool);
  stage.write('pair.yaml', tlsSecret('pair', await makePair(SITE)));
  stage.write(
    'site.yaml',
    ingress('site', {
      annotations: annotations({ 'ssl-redirect': 'false' }),
      rules: { [SITE]: 'web' },
      tls: [{ hosts: [SITE], secretName: 'pair' }],
    }),
  );
  // Every new host is to cost a reload.
  const program = await stage.start({
    stdout: join(stage.folder, 'access.log'),
    flags: ['--live-routes=false'],
  });
  return { stage, program, pool };
}

function writePool(stage: Stage, pool: readonly Backend[]): void {
  stage.write('web.yaml', service('web'), ...endpoints('web', pool));
}

async function runMixed(target: LoadTarget, { requests, rate }: LossOptions): Promise<LoadReport> {
  const ways = [
    { way: keptConnections(target), share: 6 },
    { way: keptTlsConnections(target), share: 4 },
    { way: http2Sessions(target, 8), share: 6 },
    { way: newConnections(target), share: 2 },
    { way: newTlsConnections(target), share: 2 },
  ];
  const report = await runLoad({
    ways,
    requests,
    rate,
    // One of thirteen is under way for long, so that every reload meets some; thirteen and the shares have no common divisor.
    pathOf: (number) => (number % 13 === 0 ? `/${number}?delay=${200 + (number % 800)}` : `/${number}`),
    isGood: (text) => text.includes('"backend":"web-'),
  });
  for (const { way } of ways) way.close();
  return report;
}

/** Everything that changes, spread over the time of the load. */
async function changeAll(
  running: Running,
  { requests, rate, ...counts }: LossOptions,
): Promise<Pick<LossReport, 'endpointChanges' | 'certificateChanges'>> {
  const { stage } = running;
  const duration = (requests / rate) * 1000;
  const reload = (number: number) =>
    stage.write('new.yaml', ingress('new', { rules: { [`new-${number}.test`]: 'web' } }));
  const certificate = async () => stage.write('pair.yaml', tlsSecret('pair', await makePair(SITE)));
  const retired: Promise<void>[] = [];
  const endpoint = async (number: number) => {
    retired.push(retire(await replaceOldest(running, REPLICAS + number)));
  };
  const [, endpointChanges, certificateChanges] = await Promise.all([
    spread({ count: counts.reloads, duration }, reload),
    spread({ count: counts.endpointChanges, duration }, endpoint),
    spread({ count: counts.certificateChanges, duration }, certificate),
  ]);
  await Promise.all(retired);
  return { endpointChanges, certificateChanges };
}

/** Calls an action again and again, at times that meet those of other counts in every way. */
async function spread(
  { count, duration }: { readonly count: number; readonly duration: number },
  action: (number: number) => unknown,
): Promise<number> {
  const started = performance.now();
  const step = duration / count;
  let done = 0;
  for (; done < count; done++) {
    // The golden ratio, whose multiples spread evenly.
    const at = (done + ((done * 0.618) % 0.8)) * step;
    await setTimeout(Math.max(0, started + at - performance.now()));
    await action(done);
  }
  return done;
}

/** A rolling update of one pod: a new one takes the place of the oldest, which is returned. */
async function replaceOldest({ stage, pool }: Running, number: number): Promise<Backend | undefined> {
  pool.push(await stage.backend(`web-${number}`));
  const old = pool.shift();
  writePool(stage, pool);
  return old;
}

/** As a pod ends: it answers for a while, until nobody asks it any more. */
async function retire(backend: Backend | undefined): Promise<void> {
  if (backend === undefined) return;
  await setTimeout(GRACE);
  const end = performance.now() + 60_000;
  for (let before = -1; backend.requests() !== before || backend.inFlight() > 0;) {
    if (performance.now() > end) throw new Error(`${backend.name} is still asked`);
    before = backend.requests();
    await setTimeout(QUIET);
  }
  await backend.close();
}

function createWebsocketUse() {
  const losses = new Map<Websocket, string>();
  let echoes = 0;
  const echo = async (socket: Websocket) => {
    try {
      await socket.echo();
      echoes += 1;
    } catch (error) {
      if (!losses.has(socket)) losses.set(socket, String(error));
    }
  };
  return {
    losses,
    echoes: () => echoes,
    echo,
    /** Half of them, over TLS and not, say something all the time. */
    async keepBusy(sockets: readonly Websocket[], signal: AbortSignal): Promise<void> {
      const use = async (socket: Websocket, index: number) => {
        while (!signal.aborted && socket.isOpen()) {
          await echo(socket);
          await setTimeout(500 + (index % 20) * 50, undefined, { signal }).catch(() => undefined);
        }
      };
      await Promise.all(sockets.filter((_, index) => index % 4 < 2).map(use));
    },
  };
}

async function watchDraining(program: Program, signal: AbortSignal): Promise<number> {
  let most = 0;
  while (!signal.aborted) {
    most = Math.max(most, await program.metric('nginx_ingress_controller_draining_generations'));
    await setTimeout(500, undefined, { signal }).catch(() => undefined);
  }
  return most;
}
