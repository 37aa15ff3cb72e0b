/** What to look at: certain paths, or everything. */
export type Wanted = ReadonlySet<string> | 'all';

export interface Loop {
  /** Asks for a look at a path, or at everything when it is undefined. */
  want(path: string | undefined): void;
  /** The first look at everything; what is wanted from now on is looked at after it. Rejects when it fails. */
  start(): Promise<void>;
  /** Resolves when no look is under way and none will follow. */
  stop(): Promise<void>;
}

/** Milliseconds in which wishes are gathered, so that saving several files is one look. */
const gather = 15;

/**
 * Calls `look` with all that was wanted meanwhile, never twice at the same time. It answers after how many milliseconds everything
 * must be looked at once more, if at all; apart from the first time it must not reject.
 */
export function createLoop(look: (wanted: Wanted) => Promise<number | undefined>): Loop {
  let wanted: Set<string> | 'all' = new Set();
  let state: 'new' | 'running' | 'idle' | 'stopped' = 'new';
  let current: Promise<void> = Promise.resolve();

  const take = (): Wanted => {
    const taken = wanted;
    wanted = new Set();
    return taken;
  };
  const run = async (): Promise<void> => {
    state = 'running';
    const again = await look(take());
    if (isStopped()) return;
    state = 'idle';
    if (wanted === 'all' || wanted.size > 0) soon.set(gather);
    if (again !== undefined) later.set(again);
  };
  const isStopped = (): boolean => state === 'stopped';
  const want = (path: string | undefined): void => {
    if (path === undefined) wanted = 'all';
    else if (wanted !== 'all') wanted.add(path);
    if (state === 'idle') soon.set(gather);
  };
  const soon = createAlarm(() => (current = run()));
  const later = createAlarm(() => want(undefined));

  return {
    want,
    start: async () => {
      wanted = 'all';
      current = run();
      await current;
    },
    stop: async () => {
      state = 'stopped';
      soon.clear();
      later.clear();
      await current.catch(() => undefined);
    },
  };
}

interface Alarm {
  /** Rings once, at the earliest of all times set since it rang last. */
  set(milliseconds: number): void;
  clear(): void;
}

function createAlarm(ring: () => unknown): Alarm {
  let timer: NodeJS.Timeout | undefined;
  let due = Number.POSITIVE_INFINITY;
  const clear = (): void => {
    clearTimeout(timer);
    due = Number.POSITIVE_INFINITY;
  };
  return {
    clear,
    set: (milliseconds) => {
      const time = performance.now() + milliseconds;
      if (time >= due) return;
      clear();
      due = time;
      timer = setTimeout(() => {
        due = Number.POSITIVE_INFINITY;
        ring();
      }, milliseconds);
    },
  };
}
