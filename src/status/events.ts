/** Kubernetes Events (core/v1): few, and never a burden for the API server. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { KubeClient } from '../source/kube/client.ts';

export interface EventObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion?: string;
}

export interface EventInput {
  readonly object: EventObject;
  readonly type: 'Normal' | 'Warning';
  /** One word: RELOAD, Sync, … */
  readonly reason: string;
  readonly message: string;
}

export interface EventSink {
  /** Never blocks and never throws; what is too much is dropped. */
  emit(event: EventInput): void;
  /** Sends what waits, for a second at most. */
  stop(): Promise<void>;
}

export interface EventOptions {
  readonly client: KubeClient;
  readonly log: Logger;
  readonly now?: () => number;
}

const MAX_WAITING = 1000;
/** Milliseconds between two requests: 20 a second. */
const PACE = 50;
/** Events of one object: so many at once, then one in so many milliseconds (as client-go's filter). */
const BURST = 25;
const REFILL = 300_000;
const MAX_MESSAGE = 1000;

interface Bucket {
  tokens: number;
  at: number;
}

export function createEventSink(options: EventOptions): EventSink {
  const now = options.now ?? Date.now;
  const stopping = new AbortController();
  const waiting: EventInput[] = [];
  const buckets = new Map<string, Bucket>();
  let sending: Promise<void> | null = null;
  let troubled = false;

  function allowed({ object, reason }: EventInput): boolean {
    const key = `${object.kind} ${object.namespace}/${object.name} ${reason}`;
    const time = now();
    const bucket = buckets.get(key) ?? { tokens: BURST, at: time };
    // The clock may have been set back.
    const passed = Math.max(0, time - bucket.at);
    bucket.tokens = Math.min(BURST, bucket.tokens + passed / REFILL);
    bucket.at = time;
    buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Once for a row of failures: Events are many, and nothing depends on them. */
  function complain(reason: string): void {
    if (troubled) options.log.debug(2, 'Event cannot be written', { reason });
    else options.log.warn('Event cannot be written', { reason });
    troubled = true;
  }

  async function send(): Promise<void> {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      await create(event, options, now()).then(
        () => (troubled = false),
        (error: unknown) => complain(messageOf(error)),
      );
      await setTimeout(stopping.signal.aborted ? 0 : PACE);
    }
  }

  return {
    emit(event) {
      if (stopping.signal.aborted || waiting.length >= MAX_WAITING || !allowed(event)) return;
      waiting.push(event);
      sending ??= send().finally(() => {
        sending = null;
      });
    },
    async stop() {
      stopping.abort();
      waiting.splice(20);
      await Promise.race([sending, setTimeout(1000)]);
    },
  };
}

async function create(event: EventInput, { client }: EventOptions, time: number): Promise<void> {
  const { object, type, reason, message } = event;
  const namespace = object.namespace === '' ? 'default' : object.namespace;
  const timestamp = new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
  const body = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${object.name.slice(0, 200)}.${randomBytes(8).toString('hex')}`, namespace },
    involvedObject: object,
    type,
    reason,
    message: message.slice(0, MAX_MESSAGE),
    source: { component: 'nginx-ingress-controller', host: hostname() },
    firstTimestamp: timestamp,
    lastTimestamp: timestamp,
    count: 1,
  };
  const answer = await client.request({
    method: 'POST',
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`,
    body,
  });
  if (answer.status >= 300) throw new Error(answer.problem);
}
