/** Keeps the workers' live state equal to the model's: sends what changed, one key at a time, with growing versions. */
import type { LivePart, LiveState } from '../model/model.ts';
import type { ControlClient, LiveChange } from './control.ts';

export interface LiveSender {
  /**
   * Sends every key that differs. `unused: 'keep'` leaves keys in place that the state lacks: workers of the generation
   * before may still need them. Routes go at once: what has been deleted must not be served.
   * @throws when nginx refuses or does not answer; what was not acknowledged is sent again next time.
   */
  send(state: LiveState, options: { readonly unused: Unused }): Promise<LiveSent>;
  /** Whether the present master has received everything once. */
  complete(): boolean;
  /** A new master knows nothing: everything is sent again. */
  forget(): void;
}

export interface LiveSent {
  readonly set: number;
  readonly removed: number;
}

type Unused = 'keep' | 'remove';

/** What one master holds. */
interface Held {
  readonly acknowledged: Map<string, string>;
  /** All of their values have been acknowledged. */
  parts: ReadonlySet<LivePart>;
  /** Keys that may be in no part any more. */
  doubtful: Set<string>;
  complete: boolean;
}

// nginx reads a body of this size without a file.
const MAX_BODY = 768 * 1024;

const NO_PARTS: ReadonlySet<LivePart> = new Set();

export function createLiveSender(control: Pick<ControlClient, 'update'>): LiveSender {
  const nothing = (): Held => ({
    acknowledged: new Map(),
    parts: NO_PARTS,
    doubtful: new Set(),
    complete: false,
  });
  let held = nothing();
  let version = 0;
  let queue: Promise<void> = Promise.resolve();

  async function post(change: LiveChange, { acknowledged }: Held): Promise<void> {
    await control.update(change);
    for (const [key, , value] of change.set) acknowledged.set(key, value);
    for (const key of change.remove) acknowledged.delete(key);
  }

  async function sendNow(state: LiveState, unused: Unused): Promise<LiveSent> {
    // A new master may come meanwhile: what this one acknowledges says nothing about that.
    const to = held;
    const parts = new Set(state);
    for (const part of to.parts) {
      if (!parts.has(part)) for (const key of part.keys()) to.doubtful.add(key);
    }
    const changed = Array.from(changesIn(state, to), ([key, value]) => [key, ++version, value] as const);
    const removed = unusedKeys(state, unused, to);
    try {
      for (const set of split(changed)) await post({ set, remove: [], complete: false }, to);
      if (removed.length > 0 || !to.complete) await post({ set: [], remove: removed, complete: true }, to);
    } catch (error) {
      to.parts = NO_PARTS;
      to.doubtful = new Set(to.acknowledged.keys());
      throw error;
    }
    to.complete = true;
    to.parts = parts;
    if (unused === 'remove') to.doubtful.clear();
    return { set: changed.length, removed: removed.length };
  }

  return {
    complete: () => held.complete,
    forget: () => void (held = nothing()),
    send(state, { unused }) {
      // One after the other, so that an older state never overtakes a newer one.
      const turn = queue.then(() => sendNow(state, unused));
      queue = turn.then(
        () => undefined,
        () => undefined,
      );
      return turn;
    },
  };
}

/** Only parts that are new can hold what has not been told. */
function changesIn(state: LiveState, { acknowledged, parts }: Held): ReadonlyMap<string, string> {
  const changed = new Map<string, string>();
  for (const part of state) {
    if (parts.has(part)) continue;
    for (const [key, value] of part) {
      if (acknowledged.get(key) !== value) changed.set(key, value);
    }
  }
  return changed;
}

function unusedKeys(state: LiveState, unused: Unused, { acknowledged, doubtful }: Held): readonly string[] {
  const isUnused = (key: string) => acknowledged.has(key) && !state.some((part) => part.has(key));
  const mayGo = (key: string) => unused === 'remove' || key.startsWith('route:');
  return [...doubtful].filter((key) => mayGo(key) && isUnused(key));
}

/** Parts of about the size of one body, in order. */
function split(entries: LiveChange['set']): readonly LiveChange['set'][] {
  const parts: (readonly [string, number, string])[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const length = entry[0].length + entry[2].length + 32;
    if (size + length > MAX_BODY) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(entry);
    size += length;
  }
  return parts;
}
