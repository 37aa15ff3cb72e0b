/** An open-loop load: requests are sent at their times, whether or not those before have been answered. */
import { setTimeout } from 'node:timers/promises';
import type { Way } from './load-ways.ts';

export interface LoadOptions {
  /** By turns, each as often as its share of the sum says. */
  readonly ways: readonly { readonly way: Way; readonly share: number }[];
  readonly requests: number;
  /** Requests a second. */
  readonly rate: number;
  /** Ends it before all of them are sent. */
  readonly signal?: AbortSignal;
  /** What the request of this number asks for. */
  readonly pathOf: (number: number) => string;
  /** Whether an answer is the right one. */
  readonly isGood: (text: string) => boolean;
  /** Statuses of right answers; 200 alone by default. */
  readonly statuses?: readonly number[];
}

export interface Loss {
  /** Seconds since the start. */
  readonly at: number;
  readonly way: string;
  readonly reason: string;
}

export interface LoadReport {
  readonly sent: number;
  readonly answered: number;
  readonly losses: readonly Loss[];
  /** Requests that were sent again, which any client does by itself. */
  readonly repeated: readonly Loss[];
  /** Milliseconds of each answer to a path without `delay`. */
  readonly times: readonly number[];
  /** Milliseconds that a request was sent too late, at most. */
  readonly lateness: number;
}

export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const order = orderOf(options.ways);
  const started = performance.now();
  const losses: Loss[] = [];
  const repeated: Loss[] = [];
  const times: number[] = [];
  let answered = 0;
  let lateness = 0;

  async function send(number: number): Promise<void> {
    const way = order[number % order.length];
    if (way === undefined) return;
    const path = options.pathOf(number);
    const began = performance.now();
    const note = (reason: string): Loss => ({ at: (began - started) / 1000, way: way.name, reason });
    let attempt = await way.send(path);
    if (attempt.kind === 'failed' && attempt.verdict === 'mayRepeat') {
      repeated.push(note(attempt.reason));
      attempt = await way.sendFresh(path);
    }
    if (attempt.kind === 'failed') losses.push(note(attempt.reason));
    else if (!(options.statuses ?? [200]).includes(attempt.status) || !options.isGood(attempt.text))
      losses.push(note(`${attempt.status} ${attempt.text.slice(0, 100)}`));
    else answered += 1;
    if (!path.includes('delay=')) times.push(performance.now() - began);
  }

  const all: Promise<void>[] = [];
  const dueAt = (number: number) => started + (number * 1000) / options.rate;
  while (all.length < options.requests && options.signal?.aborted !== true) {
    const now = performance.now();
    for (; all.length < options.requests && dueAt(all.length) <= now; all.push(send(all.length)))
      lateness = Math.max(lateness, performance.now() - dueAt(all.length));
    await setTimeout(1);
  }
  await Promise.all(all);
  return { sent: all.length, answered, losses, repeated, times, lateness };
}

/** Mixed, so that no way sends many in a row. */
function orderOf(ways: LoadOptions['ways']): readonly Way[] {
  const places = ways.flatMap(({ way, share }) =>
    Array.from({ length: share }, (_, index) => ({ way, place: (index + 0.5) / share })),
  );
  return places.toSorted((one, two) => one.place - two.place).map(({ way }) => way);
}

/** How many there were of each kind, as text. */
export function summaryOf(losses: readonly Loss[]): string {
  const kinds = Map.groupBy(losses, ({ way, reason }) => `${way}: ${reason}`);
  return [...kinds].map(([kind, { length }]) => `${length} ${kind}`).join('; ');
}
