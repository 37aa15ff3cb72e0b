/** A steady stream of requests whose every failure is kept. */
import { setTimeout } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { NAMESPACE } from './controller.ts';
import { eventually, kubectl } from './kubectl.ts';

export interface Target {
  readonly host: string;
  readonly url: string;
}

export interface LoadOptions {
  /** Clients that keep their connection, and clients that open one for each request. */
  readonly clients: { readonly keepalive: number; readonly fresh: number };
  /** Milliseconds that a client rests between two requests. */
  readonly pause: number;
}

export interface LoadResult {
  readonly sent: number;
  /** Each with its time since the start, the kind of client and the reason. */
  readonly failures: readonly string[];
}

export interface Load {
  readonly sent: () => number;
  stop(): Promise<LoadResult>;
}

const LIMITS = { headersTimeout: 10_000, bodyTimeout: 10_000 } as const;

/** About 400 requests a second to each target on an idle machine. */
export function startLoad(targets: readonly Target[], { clients, pause }: LoadOptions): Load {
  const stopping = new AbortController();
  const failures: string[] = [];
  const started = performance.now();
  let sent = 0;

  async function ask({ host, url }: Target, dispatcher: Dispatcher, kind: string): Promise<void> {
    sent++;
    try {
      const answer = await request(url, { headers: { host }, dispatcher, ...LIMITS });
      await answer.body.dump();
      if (answer.statusCode !== 200) throw new Error(String(answer.statusCode));
    } catch (error) {
      const seconds = ((performance.now() - started) / 1000).toFixed(2);
      failures.push(`${seconds} s, ${kind}, ${url}: ${String(error)}`);
    }
  }

  async function keepalive(target: Target): Promise<void> {
    const agent = new Agent({ connections: 1, connect: { timeout: 5000 } });
    while (!stopping.signal.aborted) {
      await ask(target, agent, 'keepalive');
      await setTimeout(pause);
    }
    await agent.close();
  }

  async function fresh(target: Target): Promise<void> {
    while (!stopping.signal.aborted) {
      const agent = new Agent({ connect: { timeout: 5000 } });
      await ask(target, agent, 'fresh');
      await agent.close();
      await setTimeout(pause);
    }
  }

  const running = targets.flatMap((target) => [
    ...Array.from({ length: clients.keepalive }, () => keepalive(target)),
    ...Array.from({ length: clients.fresh }, () => fresh(target)),
  ]);
  return {
    sent: () => sent,
    async stop() {
      stopping.abort();
      await Promise.all(running);
      return { sent, failures };
    },
  };
}

/**
 * No controller has reloaded for three seconds. Workers of the configuration before close idle connections, maybe just when a
 * client sends over one; what is counted here is what the action loses.
 */
export async function settled(): Promise<void> {
  const controllers = [
    '--namespace',
    NAMESPACE,
    'logs',
    '--selector',
    'app.kubernetes.io/component=controller',
  ];
  await eventually('three seconds without a reload', async () => {
    const lines = await kubectl([...controllers, '--tail=-1', '--since=3s']);
    return /backend reload required|Backend successfully reloaded/.test(lines) ? null : true;
  });
}

/** Load while something happens, and longer until at least `atLeast` requests were sent. None may be lost. */
export async function loseNothing(
  { targets, atLeast }: { readonly targets: readonly Target[]; readonly atLeast: number },
  action: () => Promise<unknown>,
): Promise<LoadResult> {
  await settled();
  const load = startLoad(targets, { clients: { keepalive: 4, fresh: 4 }, pause: 20 });
  const enough = async () => {
    await action();
    while (load.sent() < atLeast) await setTimeout(100);
  };
  await enough().finally(load.stop);
  const result = await load.stop();
  assertNothingLost(result);
  return result;
}

export function assertNothingLost({ sent, failures }: LoadResult): void {
  if (failures.length === 0) return;
  throw new Error(`${failures.length} of ${sent} were lost:\n${failures.slice(0, 30).join('\n')}`);
}
