/** Keeps the workers' live state equal to the model's: sends what changed, one key at a time, with growing versions. */
import type { LiveState } from '../model/model.ts';
import type { ControlClient, LiveChange } from './control.ts';

export interface LiveSender {
  /**
   * Sends every key that differs. `unused: 'keep'` leaves keys in place that the state lacks: workers of the generation
   * before may still need them. Routes go at once: what has been deleted must not be served.
   * @throws when nginx refuses or does not answer; what was not acknowledged is sent again next time.
   */
  send(state: LiveState, options: { readonly unused: 'keep' | 'remove' }): Promise<LiveSent>;
  /** Whether the present master has received everything once. */
  complete(): boolean;
  /** A new master knows nothing: everything is sent again. */
  forget(): void;
}

export interface LiveSent {
  readonly set: number;
  readonly removed: number;
}

// nginx reads a body of this size without a file.
const MAX_BODY = 768 * 1024;

export function createLiveSender(control: Pick<ControlClient, 'update'>): LiveSender {
  const acknowledged = new Map<string, string>();
  const routes = new Set<string>();
  let version = 0;
  let complete = false;
  let queue: Promise<void> = Promise.resolve();

  async function post(change: LiveChange): Promise<void> {
    await control.update(change);
    for (const [key, , value] of change.set) {
      acknowledged.set(key, value);
      if (key.startsWith('route:')) routes.add(key);
    }
    for (const key of change.remove) {
      acknowledged.delete(key);
      routes.delete(key);
    }
  }

  async function sendNow(state: LiveState, unused: 'keep' | 'remove'): Promise<LiveSent> {
    const changed: (readonly [string, number, string])[] = [];
    for (const [key, value] of state) {
      if (acknowledged.get(key) !== value) changed.push([key, ++version, value]);
    }
    const candidates = unused === 'keep' ? routes : acknowledged.keys();
    const removed = [...candidates].filter((key) => !state.has(key));
    for (const part of split(changed)) await post({ set: part, remove: [], complete: false });
    if (removed.length > 0 || !complete) await post({ set: [], remove: removed, complete: true });
    complete = true;
    return { set: changed.length, removed: removed.length };
  }

  return {
    complete: () => complete,
    forget() {
      acknowledged.clear();
      routes.clear();
      complete = false;
    },
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
