/** In which step the work on a generation is, and whether that takes longer than it can. */

export interface Step {
  readonly name: 'files' | 'check' | 'start or reload' | 'proof';
  /** Milliseconds that it may take by its own time limits. */
  readonly longest: number;
}

export interface Steps {
  /** From the first step to the last; what is no other step counts as work on files. */
  work<T>(action: () => Promise<T>): Promise<T>;
  /** Outside of any work it is nobody's, and not watched. */
  during<T>(step: Step, action: () => Promise<T>): Promise<T>;
  /** A reason when a step has gone on for longer than it can, with room; else null. */
  overdue(): string | null;
}

/** Disks have no time limit; so long nobody waits for one. Milliseconds. */
const FILES: Step = { name: 'files', longest: 300_000 };
/** A machine that is so busy that timers come late. Milliseconds. */
const ROOM = 60_000;

/** @param now milliseconds of a clock that never goes back. */
export function createSteps(now: () => number): Steps {
  let current: { readonly step: Step; readonly since: number } | null = null;

  async function enter<T>(step: Step, action: () => Promise<T>): Promise<T> {
    const outer = current;
    current = { step, since: now() };
    try {
      return await action();
    } finally {
      // What comes next is a step of its own, and its time begins now.
      current = outer === null ? null : { step: outer.step, since: now() };
    }
  }

  return {
    work: (action) => enter(FILES, action),
    during: (step, action) => (current === null ? action() : enter(step, action)),
    overdue() {
      if (current === null) return null;
      const { step, since } = current;
      const spent = now() - since;
      if (spent <= step.longest + ROOM) return null;
      return `the new configuration has not come beyond its ${step.name} for ${Math.round(spent / 1000)} seconds`;
    },
  };
}
