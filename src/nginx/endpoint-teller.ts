/** Keeps the thread alive that nginx asks for addresses of endpoints, and tells it what changes (docs/decisions/0017-streams.md). */
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { EndpointNames } from '../model/model.ts';
import type { Said, ThreadStart, Told } from './endpoint-thread.ts';

export interface EndpointTeller {
  /** UDP port of 127.0.0.1, the same to the end. */
  readonly port: number;
  /**
   * Resolves when questions are answered with it, or will be by the next thread. `unused: 'keep'` leaves names in place that are not
   * among these: workers may still ask for them. Never rejects.
   */
  tell(names: EndpointNames, options: { readonly unused: 'keep' | 'remove' }): Promise<void>;
  close(): Promise<void>;
}

export interface EndpointTellerOptions {
  readonly log: Logger;
  /** Milliseconds between the end of a thread and the start of the next; more each time when they do not live long. */
  readonly pause?: number;
}

/** A thread that lives no longer than these milliseconds has a reason for it that may last. */
const SHORT_LIFE = 10_000;
const LONGEST_PAUSE = 10_000;
/** Milliseconds in which a thread says what it knows; a sync does not wait longer. */
const PATIENCE = 1000;
/** It needs little, and must not take the memory of the controller when something goes wrong. */
const MEMORY = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 };

/** Next to this file, as source and in the bundle. */
const PROGRAM = new URL(`endpoint-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'mjs'}`, import.meta.url);

/** @throws when no thread comes to listen. */
export async function startEndpointTeller({
  log,
  pause = 10,
}: EndpointTellerOptions): Promise<EndpointTeller> {
  const stopping = new AbortController();
  let now: Told = { number: 0, names: new Map() };
  let thread = startThread({ ...now, port: 0 });
  const port = await thread.listens;
  const keeping = keepAlive();

  async function keepAlive(): Promise<void> {
    let delay = pause;
    for (;;) {
      const started = performance.now();
      const reason = await thread.ended;
      if (stopping.signal.aborted) return;
      const message =
        'the thread that tells nginx endpoints of TCP and UDP services has ended; it is started again';
      log.error(message, { reason });
      if (performance.now() - started > SHORT_LIFE) delay = pause;
      await setTimeout(delay, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      thread = startThread({ ...now, port });
      delay = Math.min(LONGEST_PAUSE, delay * 2);
    }
  }

  return {
    port,
    async tell(names, { unused }) {
      const next = unused === 'remove' ? names : new Map([...now.names, ...names]);
      if (isSame(now.names, next)) return;
      now = { number: now.number + 1, names: next };
      await thread.tell(now);
    },
    async close() {
      stopping.abort();
      await thread.stop();
      await keeping;
    },
  };
}

function isSame(a: EndpointNames, b: EndpointNames): boolean {
  const isEqual = (name: string, addresses: readonly string[]) => {
    const others = b.get(name);
    return others === addresses || (others !== undefined && others.join() === addresses.join());
  };
  return a.size === b.size && a.entries().every(([name, addresses]) => isEqual(name, addresses));
}

interface Thread {
  /** Resolves to the port. */
  readonly listens: Promise<number>;
  /** Resolves to the reason. */
  readonly ended: Promise<string>;
  tell(told: Told): Promise<void>;
  stop(): Promise<void>;
}

function startThread(start: ThreadStart): Thread {
  const worker = new Worker(PROGRAM, { workerData: start, resourceLimits: MEMORY, name: 'endpoints' });
  const waiting = new Map<number, () => void>();
  const listening = Promise.withResolvers<number>();
  const ending = Promise.withResolvers<string>();
  let fault = 'it was ended from outside';
  worker.on('message', (said: Said) => {
    if (said.kind === 'listens') return listening.resolve(said.port);
    for (const [number, known] of waiting) if (number <= said.number) known();
  });
  worker.on('error', (error) => (fault = messageOf(error)));
  worker.on('exit', () => {
    listening.reject(new Error(`nobody can tell nginx endpoints of TCP and UDP services: ${fault}`));
    for (const known of waiting.values()) known();
    ending.resolve(fault);
  });
  // Of those that are started later, nobody asks.
  listening.promise.catch(() => undefined);
  return {
    listens: listening.promise,
    ended: ending.promise,
    async tell(told) {
      const known = Promise.withResolvers<void>();
      waiting.set(told.number, known.resolve);
      const patience = new AbortController();
      const { signal } = patience;
      worker.postMessage(told, []);
      await Promise.race([known.promise, ending.promise, setTimeout(PATIENCE, undefined, { signal })]);
      patience.abort();
      waiting.delete(told.number);
    },
    stop: async () => void (await worker.terminate()),
  };
}
