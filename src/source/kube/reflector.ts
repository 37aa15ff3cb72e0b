import type { Logger } from '../../lib/log.ts';
import type { Kind } from '../objects.ts';
import type { Sink } from '../sink.ts';
import type { KubeClient } from './client.ts';
import { countsAsRelist, planRetry } from './failure.ts';
import type { Failure } from './failure.ts';
import { listAll } from './pages.ts';
import type { Collection } from './pages.ts';
import type { Clock, Timings } from './timings.ts';
import { watchFrom } from './watch.ts';
import type { WatchItem } from './watch.ts';

/** For health and metrics. */
export interface ReflectorStatus {
  /** `resuming` until the server has accepted the watch again, the waiting before it included. */
  readonly state: 'listing' | 'streaming' | 'resuming' | 'stopped';
  /** Since the first complete list, or the refusal that counts as one. */
  readonly synced: boolean;
  /** The last answer was 403 or 404; tried again slowly. */
  readonly denied: boolean;
  /** Milliseconds since the epoch when the server last gave data, or a clear refusal; 0 before that. */
  readonly lastContact: number;
  /** In a row; 0 again after an event or a long-lived stream. */
  readonly failures: number;
  /** Empty before the first failure; kept after recovery. */
  readonly lastError: string;
}

export interface ReflectorOptions {
  readonly client: KubeClient;
  readonly kind: Kind;
  readonly path: string;
  /** Selectors. */
  readonly query: Readonly<Record<string, string>>;
  /** `empty`: forbidden before the first list counts as an empty list, once. */
  readonly whenForbidden: 'wait' | 'empty';
  readonly sink: Sink;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly pageSize: number;
  readonly timings: Timings;
  readonly clock: Clock;
}

export interface Reflector {
  status(): ReflectorStatus;
  /** Resolves after the signal, when the sink is not called any more. Rejects only with what the sink throws. */
  readonly done: Promise<void>;
}

type Phase =
  | { readonly state: 'listing' }
  | { readonly state: 'streaming'; readonly version: string }
  | { readonly state: 'resuming'; readonly version: string };

/** Everything one loop remembers; only the loop writes it. */
interface Memory {
  state: ReflectorStatus['state'];
  synced: boolean;
  denied: boolean;
  lastContact: number;
  failures: number;
  relists: number;
  lastError: string;
  streamingSince: number | undefined;
  /** A warning was logged that no good news has followed yet. */
  troubled: boolean;
}

/**
 * Keeps the sink equal to one collection of the API server: `listing -> streaming -> (resuming | listing)`, for ever. It outlives
 * every failure of the server and the network; an exception of the sink is a bug and ends it.
 */
export function startReflector(options: ReflectorOptions): Reflector {
  const memory: Memory = {
    state: 'listing',
    synced: false,
    denied: false,
    lastContact: 0,
    failures: 0,
    relists: 0,
    lastError: '',
    streamingSince: undefined,
    troubled: false,
  };
  return {
    status: () => {
      const { state, synced, denied, lastContact, lastError } = memory;
      return {
        state,
        synced,
        denied,
        lastContact,
        lastError,
        failures: isStable(options, memory) ? 0 : memory.failures,
      };
    },
    done: run(options, memory),
  };
}

async function run(options: ReflectorOptions, memory: Memory): Promise<void> {
  const collection: Collection = {
    ...options,
    heard: () => {
      memory.lastContact = options.clock.now();
    },
  };
  let phase: Phase = { state: 'listing' };
  try {
    while (!options.signal.aborted) {
      memory.state = phase.state;
      phase = await (phase.state === 'listing'
        ? list(options, memory, collection)
        : watch({ options, memory, collection }, phase.version));
    }
  } finally {
    memory.state = 'stopped';
  }
}

async function list(options: ReflectorOptions, memory: Memory, collection: Collection): Promise<Phase> {
  const { sink, kind, log, clock, signal } = options;
  const started = clock.now();
  const result = await listAll(collection);
  if (signal.aborted) return { state: 'listing' };
  if ('reason' in result) {
    await recover(options, memory, result);
    return { state: 'listing' };
  }
  memory.denied = false;
  memory.synced = true;
  log.debug(2, 'listed', { kind, objects: result.objects.length, milliseconds: clock.now() - started });
  sink.replace(kind, result.objects);
  return { state: 'streaming', version: result.version };
}

interface Loop {
  readonly options: ReflectorOptions;
  readonly memory: Memory;
  readonly collection: Collection;
}

async function watch({ options, memory, collection }: Loop, from: string): Promise<Phase> {
  const { timings, clock, signal } = options;
  const { watchSecondsMin, watchSecondsMax } = timings;
  const timeoutSeconds = Math.round(watchSecondsMin + clock.random() * (watchSecondsMax - watchSecondsMin));
  const start = { version: from, timeoutSeconds, idleLimit: timings.idleLimit };
  let version = from;
  let failure: Failure = { reason: 'ended', message: '' };
  for await (const items of watchFrom(collection, start)) {
    for (const item of items) {
      if (signal.aborted) return { state: 'resuming', version };
      if (item.type === 'end') failure = item.failure;
      else version = apply(item, options, memory) || version;
    }
  }
  if (signal.aborted) return { state: 'resuming', version };
  const wasStable = endStream(options, memory);
  if (wasStable && failure.reason === 'ended') {
    // The usual end: the server limits the life of every watch. Not a failure.
    options.log.debug(2, 'watch ended', { kind: options.kind, error: failure.message });
    return { state: 'resuming', version };
  }
  const next = await recover(options, memory, failure);
  return next === 'list' ? { state: 'listing' } : { state: 'resuming', version };
}

/** The version to go on from; empty when the item has none. */
function apply(item: Exclude<WatchItem, { type: 'end' }>, options: ReflectorOptions, memory: Memory): string {
  switch (item.type) {
    case 'open':
      memory.state = 'streaming';
      memory.denied = false;
      memory.streamingSince = options.clock.now();
      if (memory.troubled) options.log.info('following again', { kind: options.kind });
      memory.troubled = false;
      return '';
    case 'put':
      memory.failures = 0;
      options.sink.put(item.object);
      return item.version;
    case 'remove':
      memory.failures = 0;
      options.sink.remove(options.kind, item.key);
      return item.version;
    case 'bookmark':
      return item.version;
  }
}

/** A long life shows that the trouble is over, as an event does (see `apply`). Connecting alone proves nothing. */
function endStream(options: ReflectorOptions, memory: Memory): boolean {
  const wasStable = isStable(options, memory);
  if (wasStable) {
    memory.failures = 0;
    memory.relists = 0;
  }
  memory.streamingSince = undefined;
  return wasStable;
}

function isStable({ clock, timings }: ReflectorOptions, { streamingSince }: Memory): boolean {
  return streamingSince !== undefined && clock.now() - streamingSince >= timings.stableAfter;
}

/** Counts, reports and waits; says how to go on. */
async function recover(
  options: ReflectorOptions,
  memory: Memory,
  failure: Failure,
): Promise<'list' | 'resume'> {
  memory.failures += 1;
  if (countsAsRelist(failure.reason)) memory.relists += 1;
  const plan = planRetry(failure, memory, options);
  report(options, memory, { failure, delay: plan.delay });
  memory.lastError = failure.message;
  memory.denied = failure.reason === 'denied';
  // A clear answer: the server is well, and starting this process again would not help.
  if (memory.denied) memory.lastContact = options.clock.now();
  // A list that failed is started again, whatever a watch would do.
  if (memory.state !== 'listing') memory.state = plan.next === 'list' ? 'listing' : 'resuming';
  if (failure.status === 403 && options.whenForbidden === 'empty' && !memory.synced) {
    memory.synced = true;
    options.sink.replace(options.kind, []);
  }
  if (plan.delay > 0) await options.clock.sleep(plan.delay, options.signal);
  return plan.next;
}

function report(
  { log, kind }: ReflectorOptions,
  memory: Memory,
  { failure, delay }: { readonly failure: Failure; readonly delay: number },
): void {
  const fields = { kind, error: failure.message, retryMilliseconds: Math.round(delay) };
  const repeated = failure.reason === 'denied' && memory.troubled && failure.message === memory.lastError;
  // One lost connection is nothing yet, and nobody wants to read the same refusal every minute.
  if (repeated || (failure.reason === 'ended' && memory.failures === 1)) {
    log.debug(2, 'watch ended', fields);
    return;
  }
  memory.troubled = true;
  log.warn('cannot follow a kind of objects, trying again', fields);
}
