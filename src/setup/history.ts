/** What has become of changes lately, for `/dbg generation`. */
import type { Batch } from '../cluster/batch.ts';
import type { Proven, Refusal } from '../nginx/applier.ts';
import { changedServers } from '../nginx/generation.ts';
import type { Generation } from '../nginx/generation.ts';

export interface History {
  changed(batch: Batch): void;
  proven(proven: Proven): void;
  refused(refusal: Refusal): void;
  state(): HistoryState;
}

export interface HistoryState {
  /** The generation that serves; null before the first. */
  readonly serving: Served | null;
  readonly generations: number;
  /** Objects that changed last, whether nginx had to be reloaded for them or not. */
  readonly lastChange: {
    readonly time: string;
    readonly batch: number;
    readonly objects: readonly string[];
  } | null;
  /** Null when nothing was refused since the last reload. */
  readonly lastRefusal: {
    readonly time: string;
    readonly generation: string;
    readonly reason: string;
  } | null;
}

export interface Served {
  readonly generation: string;
  /** RFC 3339. */
  readonly since: string;
  /** Hosts whose servers are not as in the generation before; `everything` when more than servers differs. */
  readonly changed: readonly string[] | 'everything';
  /** Hosts that it has no more. */
  readonly removed: readonly string[];
  readonly milliseconds: { readonly check: number; readonly proof: number };
}

const MOST_SHOWN = 50;

/** @param now milliseconds since the epoch. */
export function createHistory(now: () => number): History {
  let serving: { readonly served: Served; readonly generation: Generation } | null = null;
  let generations = 0;
  let lastChange: HistoryState['lastChange'] = null;
  let lastRefusal: HistoryState['lastRefusal'] = null;
  const time = () => new Date(now()).toISOString();
  return {
    changed({ number, keys }) {
      const objects = Array.from(keys).filter(isObject);
      if (objects.length > 0) lastChange = { time: time(), batch: number, objects: bounded(objects) };
    },
    proven({ generation, times }) {
      const news = serving === null ? null : changedServers(serving.generation, generation);
      const served: Served = {
        generation: generation.checksum,
        since: time(),
        changed: news === null ? 'everything' : bounded(news.map(({ host }) => host)),
        removed: bounded(serving === null ? [] : hostsOnlyIn(serving.generation, generation)),
        milliseconds: { check: Math.round(times.check), proof: Math.round(times.proof) },
      };
      serving = { served, generation };
      generations++;
      lastRefusal = null;
    },
    refused({ generation, failures: [{ message }] }) {
      lastRefusal = { time: time(), generation: generation.checksum, reason: message };
    },
    state: () => ({ serving: serving?.served ?? null, generations, lastChange, lastRefusal }),
  };
}

/** Other keys say what the controller itself wants. */
function isObject(key: string): boolean {
  return /^[A-Z]\w* /.test(key);
}

function hostsOnlyIn(before: Generation, { servers }: Generation): readonly string[] {
  const now = new Set<string>(servers.map(({ server }) => server.host));
  return before.servers.map(({ server }) => server.host).filter((host) => !now.has(host));
}

function bounded(list: readonly string[]): readonly string[] {
  return list.length > MOST_SHOWN
    ? [...list.slice(0, MOST_SHOWN), `and ${list.length - MOST_SHOWN} more`]
    : list;
}
