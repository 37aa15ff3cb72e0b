/** Native histograms of Prometheus: exponential buckets, of which only those exist that something has fallen into. */

/** Bucket i of schema s holds what is above 2^((i - 1) / 2^s) and not above 2^(i / 2^s). */
export interface NativeHistogram {
  readonly schema: number;
  /** How many values are not above ZERO_THRESHOLD. */
  readonly zero: number;
  /** By index. */
  readonly counts: ReadonlyMap<number, number>;
}

/** As nginx/lua/tidegate/native.lua has it. */
export const ZERO_THRESHOLD = 2 ** -128;

const NARROWEST = 8;
const WIDEST = -4;
/** Numbers end at 2^1024. */
const LARGEST_INDEX = 1024 * 2 ** NARROWEST;

/**
 * The schema whose buckets grow by the most that is not more than a factor, as far as there is one.
 * Null when the factor asks for no native histograms.
 */
export function schemaOf(factor: number): number | null {
  if (!(factor > 1)) return null;
  return Math.min(NARROWEST, Math.max(WIDEST, 0 - Math.floor(Math.log2(Math.log2(factor)))));
}

/** Null when a worker would not send it: schema, values that are nothing, then index and count of each bucket. */
export function readNative(value: unknown): NativeHistogram | null {
  if (!Array.isArray(value) || value.length % 2 !== 0 || !value.every((one) => Number.isInteger(one)))
    return null;
  const [schema = NaN, zero = NaN, ...rest] = value as readonly number[];
  if (!(schema >= WIDEST && schema <= NARROWEST && zero >= 0)) return null;
  const counts = new Map<number, number>();
  for (let at = 0; at < rest.length; at += 2) {
    const [index, count] = [rest[at] ?? NaN, rest[at + 1] ?? NaN];
    if (!(Math.abs(index) <= LARGEST_INDEX && count >= 0)) return null;
    counts.set(index, count);
  }
  return { schema, zero, counts };
}

/** One that grows. */
export interface GrowingHistogram {
  schema: number;
  zero: number;
  counts: Map<number, number>;
}

/**
 * The result has the wider buckets of the two.
 * @param most buckets, beyond which they are made wider, as far as there are wider ones; 0: any number.
 */
export function addNative(into: GrowingHistogram, more: NativeHistogram, most: number): void {
  if (more.schema < into.schema) widen(into, more.schema);
  into.zero += more.zero;
  for (const [index, count] of more.counts) add(into.counts, within(index, more.schema - into.schema), count);
  while (most > 0 && into.counts.size > most && into.schema > WIDEST) widen(into, into.schema - 1);
}

function widen(histogram: GrowingHistogram, schema: number): void {
  const counts = new Map<number, number>();
  for (const [index, count] of histogram.counts) add(counts, within(index, histogram.schema - schema), count);
  histogram.schema = schema;
  histogram.counts = counts;
}

function add(counts: Map<number, number>, index: number, count: number): void {
  counts.set(index, (counts.get(index) ?? 0) + count);
}

/** Index of the bucket that one is part of when two have become one so many times. */
function within(index: number, times: number): number {
  return Math.ceil(index / 2 ** times);
}

/** Buckets side by side. */
export interface Span {
  /** From the end of the span before it; of the first: its index. */
  readonly offset: number;
  readonly counts: readonly number[];
}

/** So many empty buckets are shown rather than a new span. */
const GAP = 2;

export function spansOf(counts: ReadonlyMap<number, number>): readonly Span[] {
  const spans: { offset: number; counts: number[] }[] = [];
  let end = 0;
  for (const [index, count] of [...counts].toSorted(([a], [b]) => a - b)) {
    const last = spans.at(-1);
    if (last === undefined || index - end > GAP) spans.push({ offset: index - end, counts: [count] });
    else last.counts.push(...Array.from({ length: index - end }, () => 0), count);
    end = index + 1;
  }
  return spans;
}
