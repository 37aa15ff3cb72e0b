/** Requests a second, between two looks at the counters. Nothing runs while nobody looks. */

export interface Totals {
  readonly all: number;
  readonly hosts: ReadonlyMap<string, number>;
}

export interface Rates {
  /** Between the two looks. */
  readonly seconds: number;
  readonly all: number;
  /** The busiest first. */
  readonly hosts: readonly (readonly [host: string, perSecond: number])[];
}

interface Look {
  readonly at: number;
  readonly totals: Totals;
}

/** Milliseconds: workers report once a second. */
const LEAST = 1500;
const MOST_HOSTS = 10;

/** @param now milliseconds of a clock that never goes back. */
export function createRates(totals: () => Totals, now: () => number): () => Rates | null {
  let before: Look | null = null;
  let latest: Look | null = null;
  return () => {
    if (latest === null || now() - latest.at >= LEAST) {
      before = latest;
      latest = { at: now(), totals: totals() };
    }
    return before === null ? null : between(before, latest);
  };
}

function between(before: Look, { at, totals }: Look): Rates {
  const seconds = (at - before.at) / 1000;
  // What is not counted any more has left the sums.
  const rate = (now: number, then = 0) => Math.max(0, now - then) / seconds;
  const hosts = Array.from(
    totals.hosts,
    ([host, sum]) => [host, rate(sum, before.totals.hosts.get(host))] as const,
  );
  return {
    seconds,
    all: rate(totals.all, before.totals.all),
    hosts: hosts
      .filter(([, perSecond]) => perSecond > 0)
      .sort(([, a], [, b]) => b - a)
      .slice(0, MOST_HOSTS),
  };
}
