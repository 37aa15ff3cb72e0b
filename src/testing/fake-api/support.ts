import { keyOf } from '../../lib/keys.ts';
import { silentLogger } from '../../lib/log.ts';
import { startFakeApi } from './server.ts';
import type { FakeApi, FakeApiOptions } from './server.ts';
import type { Kind, KubeObject, ObjectKey } from '../../source/objects.ts';
import type { Sink } from '../../source/sink.ts';
import { createKubeClient } from '../../source/kube/client.ts';
import type { KubeClient } from '../../source/kube/client.ts';
import { loadCredentials } from '../../source/kube/credentials.ts';
import { defaultTimings, systemClock } from '../../source/kube/timings.ts';
import type { Clock, Timings } from '../../source/kube/timings.ts';

export const quickTimings: Timings = {
  ...defaultTimings,
  idleLimit: 5000,
  backOffBase: 4,
  backOffMax: 40,
  stableAfter: 5000,
  deniedRetry: 30,
  retryAfterMax: 200,
};

/** Polls until the check does not throw; after the deadline rejects with what it threw last. */
export async function eventually(check: () => void, deadline = 4000): Promise<void> {
  const end = Date.now() + deadline;
  for (;;) {
    try {
      return check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  }
}

/** `replace Kind n`, `put Kind key`, `remove Kind key`. */
export interface RecordingSink extends Sink {
  readonly calls: readonly string[];
  /** Keys in order; undefined before the first replace. */
  keys(kind: Kind): readonly ObjectKey[] | undefined;
  get(kind: Kind, key: ObjectKey): KubeObject | undefined;
}

export function recordSink(): RecordingSink {
  const kinds = new Map<Kind, Map<ObjectKey, KubeObject>>();
  const calls: string[] = [];
  return {
    calls,
    keys: (kind) => {
      const table = kinds.get(kind);
      return table === undefined ? undefined : [...table.keys()].toSorted();
    },
    get: (kind, key) => kinds.get(kind)?.get(key),
    replace: (kind, objects) => {
      calls.push(`replace ${kind} ${objects.length}`);
      kinds.set(kind, new Map(objects.map((object) => [keyOf(object.metadata), object])));
    },
    put: (object) => {
      calls.push(`put ${object.kind} ${keyOf(object.metadata)}`);
      kinds.get(object.kind)?.set(keyOf(object.metadata), object);
    },
    remove: (kind, key) => {
      calls.push(`remove ${kind} ${key}`);
      kinds.get(kind)?.delete(key);
    },
  };
}

/** Remembers how long was slept; `instant` does not sleep at all. */
export function recordClock(mode: 'real' | 'instant'): Clock & { readonly sleeps: readonly number[] } {
  const sleeps: number[] = [];
  return {
    sleeps,
    now: systemClock.now,
    random: () => 0.5,
    sleep: async (milliseconds, signal) => {
      sleeps.push(milliseconds);
      await systemClock.sleep(mode === 'real' ? milliseconds : 0, signal);
    },
  };
}

export interface Bench {
  readonly api: FakeApi;
  readonly client: KubeClient;
  close(): Promise<void>;
}

/** A fake API server and a client for it. */
export async function openBench(
  options: FakeApiOptions & { readonly timeout?: number } = {},
): Promise<Bench> {
  const api = await startFakeApi(options);
  const credentials = await loadCredentials({
    apiserverHost: api.url,
    kubeconfig: '',
    certificateAuthority: '',
    log: silentLogger,
  });
  const client = createKubeClient({ credentials, timeout: options.timeout ?? 5000 });
  return {
    api,
    client,
    close: async () => {
      await client.close();
      await api.close();
    },
  };
}
