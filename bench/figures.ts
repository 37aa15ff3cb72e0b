/** What a benchmark measures, beside its bar and its reference of the same run. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 's' | 'MB' | 'B' | 'x' | '%' | 'count';
  /** Most of it that is good, or the least where more is better; absent: reported only. */
  readonly bar?: { readonly limit: number; readonly better: 'less' | 'more' };
  /** What it is compared with: `nginx -t 2,900 ms`. */
  readonly reference?: string;
}

export type Verdict = 'met' | 'MISSED' | '';

export function verdictOf({ value, bar }: Figure): Verdict {
  if (bar === undefined) return '';
  const good = bar.better === 'less' ? value <= bar.limit : value >= bar.limit;
  return good ? 'met' : 'MISSED';
}

/** Times of a machine that others use as well say little; ratios of one run, counts and sizes do not depend on it. */
const STEADY: readonly Figure['unit'][] = ['x', 'count', 'B', 'MB'];

/** A miss that no noise of a machine explains. */
export function isFarOff({ value, bar, unit }: Figure, factor: number): boolean {
  if (bar === undefined || !STEADY.includes(unit)) return false;
  return bar.better === 'less' ? value > bar.limit * factor : value * factor < bar.limit;
}

export function lineOf(figure: Figure): string {
  const { name, value, unit, bar, reference } = figure;
  const shown = `${format(value)} ${unit === 'count' ? '' : unit}`.trim();
  const limit = bar === undefined ? '' : `${bar.better === 'less' ? '<=' : '>='} ${format(bar.limit)}`;
  return `  ${name.padEnd(52)} ${shown.padStart(14)}  ${limit.padEnd(12)} ${verdictOf(figure).padEnd(6)} ${reference ?? ''}`.trimEnd();
}

function format(value: number): string {
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export const atMost = (limit: number): NonNullable<Figure['bar']> => ({ limit, better: 'less' });
export const atLeast = (limit: number): NonNullable<Figure['bar']> => ({ limit, better: 'more' });

/** @param share 0.5 for the median. */
export function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  // The nearest rank: the least value that is not below this share of all.
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
