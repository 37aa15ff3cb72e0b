/** What has become of changes lately, for `/dbg generation`: objects that changed, and the record of generations in a few words. */
import type { Batch } from '../cluster/batch.ts';
import type { Changes, GenerationEntry, History } from '../dashboard/history.ts';

export interface Lately {
  changed(batch: Batch): void;
  state(): LatelyState;
}

export interface LatelyState {
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

interface LatelyInput {
  readonly record: Pick<History, 'list' | 'serving' | 'proofs'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function createLately({ record, now }: LatelyInput): Lately {
  let lastChange: LatelyState['lastChange'] = null;
  return {
    changed({ number, keys }) {
      const objects = Array.from(keys).filter(isObject);
      if (objects.length > 0)
        lastChange = { time: timeOf(now()), batch: number, objects: bounded(objects, objects.length) };
    },
    state() {
      const serving = record.serving();
      const [newest] = record.list();
      return {
        serving: serving === null ? null : servedOf(serving),
        generations: record.proofs(),
        lastChange,
        lastRefusal: newest === undefined || newest.outcome === 'proven' ? null : refusalOf(newest),
      };
    },
  };
}

function servedOf({ checksum, at, times, changes }: GenerationEntry): Served {
  return {
    generation: checksum,
    since: timeOf(at),
    changed: changes === null || isMoreThanServers(changes) ? 'everything' : changedIn(changes),
    removed: changes === null ? [] : bounded(changes.removed, changes.counts.removed),
    milliseconds: { check: Math.round(times?.check ?? 0), proof: Math.round(times?.proof ?? 0) },
  };
}

function isMoreThanServers({ frame, files }: Changes): boolean {
  return frame.length > 0 || files === 'differ';
}

function changedIn({ changed, added, counts }: Changes): readonly string[] {
  return bounded([...changed, ...added], counts.changed + counts.added);
}

function refusalOf({ checksum, at, words }: GenerationEntry): LatelyState['lastRefusal'] {
  return { time: timeOf(at), generation: checksum, reason: words[0] ?? '' };
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Other keys say what the controller itself wants. */
function isObject(key: string): boolean {
  return /^[A-Z]\w* /.test(key);
}

function bounded(list: readonly string[], count: number): readonly string[] {
  return count > MOST_SHOWN ? [...list.slice(0, MOST_SHOWN), `and ${count - MOST_SHOWN} more`] : list;
}
