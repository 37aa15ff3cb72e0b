/** How many bytes of bodies may be held at once, however many connections bring them. */

export interface BudgetOptions {
  readonly bytes: number;
  /** Milliseconds that a body may wait for room. */
  readonly patience: number;
}

export interface Lease {
  /** False when there has been no room for too long. One call at a time. */
  take(bytes: number): Promise<boolean>;
  /** Gives back all that was taken. */
  release(): void;
}

export interface Budget {
  open(): Lease;
  /** Bytes that are held now. */
  held(): number;
}

interface Waiting {
  readonly bytes: number;
  readonly decide: (granted: boolean) => void;
}

export function createBudget({ bytes: limit, patience }: BudgetOptions): Budget {
  let held = 0;
  /** In order of arrival; nobody overtakes. */
  const queue: Waiting[] = [];

  function grant(): void {
    for (let [first] = queue; first !== undefined && held + first.bytes <= limit; [first] = queue) {
      queue.shift();
      held += first.bytes;
      first.decide(true);
    }
  }

  function take(bytes: number): Promise<boolean> {
    return new Promise((resolve) => {
      const entry: Waiting = {
        bytes,
        decide(granted) {
          clearTimeout(timer);
          resolve(granted);
        },
      };
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(entry), 1);
        entry.decide(false);
        grant();
      }, patience);
      queue.push(entry);
      grant();
    });
  }

  return {
    held: () => held,
    open() {
      let own = 0;
      return {
        async take(bytes) {
          const granted = await take(bytes);
          if (granted) own += bytes;
          return granted;
        },
        release() {
          held -= own;
          own = 0;
          grant();
        },
      };
    },
  };
}
