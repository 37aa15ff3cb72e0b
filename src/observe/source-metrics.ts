/** How well the API server can be followed, by kind. */
import type { Family } from './exposition.ts';

export interface Followed {
  readonly kind: string;
  /** Milliseconds since the epoch when the server last gave data; 0: never. */
  readonly lastContact: number;
  /** In a row. */
  readonly failures: number;
}

const AGE = {
  name: 'watch_age_seconds',
  type: 'gauge',
  help: 'Seconds since the API server last gave data about a kind of objects',
} as const;
const FAILURES = {
  name: 'watch_failures',
  type: 'gauge',
  help: 'Failures in a row to list or watch a kind of objects',
} as const;

/** @param now milliseconds since the epoch. */
export function followedFamilies(
  followed: readonly Followed[],
  labels: Readonly<Record<string, string>>,
  now: number,
): readonly Family[] {
  if (followed.length === 0) return [];
  const heard = followed.filter(({ lastContact }) => lastContact > 0);
  return [
    {
      ...AGE,
      rows: heard.map(({ kind, lastContact }) => [
        { ...labels, kind },
        Math.max(0, Math.round(now - lastContact) / 1000),
      ]),
    },
    { ...FAILURES, rows: followed.map(({ kind, failures }) => [{ ...labels, kind }, failures]) },
  ];
}
