/** Requests that nginx has answered, as a scrape shows them. */
import { PREFIX } from './exposition.ts';
import { goFloat } from './go-float.ts';
import type { NativeHistogram } from './native-histogram.ts';
import type { EncodedLabels, Scraped, ScrapedHistogram, ScrapedMetric } from './protobuf.ts';

interface HistogramSpec {
  readonly name: string;
  readonly help: string;
  readonly bounds: 'time' | 'length' | 'size';
  /** Whether it can be a native one, too. */
  readonly hasNative: boolean;
}

/** In the order in which workers report them (nginx/lua/tidegate/metrics.lua); those with native ones come first. */
export const HISTOGRAMS: readonly HistogramSpec[] = [
  {
    name: 'request_duration_seconds',
    help: 'Seconds from the first byte of a request to the last of its answer',
    bounds: 'time',
    hasNative: true,
  },
  {
    name: 'connect_duration_seconds',
    help: 'Seconds to connect to the endpoint',
    bounds: 'time',
    hasNative: true,
  },
  {
    name: 'header_duration_seconds',
    help: 'Seconds to the header of the endpoint’s answer',
    bounds: 'time',
    hasNative: true,
  },
  {
    name: 'response_duration_seconds',
    help: 'Seconds to the end of the endpoint’s answer',
    bounds: 'time',
    hasNative: true,
  },
  { name: 'request_size', help: 'Bytes of requests, headers included', bounds: 'length', hasNative: true },
  { name: 'response_size', help: 'Bytes of answers, headers included', bounds: 'length', hasNative: true },
  {
    name: 'bytes_sent',
    help: 'Bytes of answers, headers included; response_size is its successor',
    bounds: 'size',
    hasNative: false,
  },
];
const REQUESTS = { name: 'requests', help: 'Requests that were answered' } as const;

export interface ShownHistogram {
  readonly sum: number;
  /** One more than bounds; what lies above all of them comes last. */
  readonly counts: readonly number[];
  readonly native: NativeHistogram | null;
}

export interface ShownSeries {
  /** As the text shows them, without braces. */
  readonly labels: string;
  /** Of the labels of a worker, in its order. */
  readonly values: readonly string[];
  readonly count: number;
  readonly histograms: readonly ShownHistogram[];
}

export interface Showing {
  /** Names without prefix that are left out. */
  readonly excluded: ReadonlySet<string>;
  /** Of each histogram. */
  readonly boundsOf: readonly (readonly number[])[];
}

export function printRequests(all: readonly ShownSeries[], { excluded, boundsOf }: Showing): string {
  const lines: string[] = [];
  const head = ({ name, help }: { name: string; help: string }, type: string) =>
    lines.push(`# HELP ${PREFIX}${name} ${help}`, `# TYPE ${PREFIX}${name} ${type}`);
  if (!excluded.has(REQUESTS.name) && all.length > 0) {
    head(REQUESTS, 'counter');
    for (const { labels, count } of all) lines.push(`${PREFIX}${REQUESTS.name}{${labels}} ${goFloat(count)}`);
  }
  for (const [index, spec] of HISTOGRAMS.entries()) {
    if (excluded.has(spec.name) || all.length === 0) continue;
    head(spec, 'histogram');
    for (const { labels, histograms } of all) {
      const found = histograms[index];
      if (found !== undefined)
        lines.push(...linesOf(PREFIX + spec.name, labels, { found, bounds: boundsOf[index] ?? [] }));
    }
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function linesOf(
  name: string,
  labels: string,
  { found: { sum, counts }, bounds }: { readonly found: ShownHistogram; readonly bounds: readonly number[] },
): readonly string[] {
  let total = 0;
  const buckets = counts.map((count, index) => {
    total += count;
    return `${name}_bucket{${labels},le="${goFloat(bounds[index] ?? Infinity)}"} ${goFloat(total)}`;
  });
  return total === 0
    ? []
    : [...buckets, `${name}_sum{${labels}} ${goFloat(sum)}`, `${name}_count{${labels}} ${goFloat(total)}`];
}

export interface Scraping extends Showing {
  labelsOf(series: ShownSeries): EncodedLabels;
}

/** For the protobuf form. Each metric is made when it is looked at. */
export function* requestFamilies(
  all: readonly ShownSeries[],
  { excluded, boundsOf, labelsOf }: Scraping,
): Iterable<Scraped> {
  const known = new Map<ShownSeries, EncodedLabels>();
  const labelsOnce = (series: ShownSeries): EncodedLabels => {
    const labels = known.get(series) ?? labelsOf(series);
    known.set(series, labels);
    return labels;
  };
  const head = ({ name, help }: { name: string; help: string }) => ({ name: PREFIX + name, help });
  if (!excluded.has(REQUESTS.name)) {
    const metrics = all.values().map((series) => ({ labels: labelsOnce(series), value: series.count }));
    yield { ...head(REQUESTS), type: 'counter', metrics };
  }
  for (const [index, spec] of HISTOGRAMS.entries()) {
    if (excluded.has(spec.name)) continue;
    const metrics = all.values().flatMap((series): readonly ScrapedMetric[] => {
      const value = histogramOf(series.histograms[index], boundsOf[index] ?? []);
      return value === null ? [] : [{ labels: labelsOnce(series), value }];
    });
    yield { ...head(spec), type: 'histogram', metrics };
  }
}

/** Null when nothing was observed. */
function histogramOf(found: ShownHistogram | undefined, bounds: readonly number[]): ScrapedHistogram | null {
  if (found === undefined) return null;
  let total = 0;
  const cumulative = found.counts.map((count) => (total += count));
  if (total === 0) return null;
  const buckets = bounds.map((bound, index) => [bound, cumulative[index] ?? 0] as const);
  return { sum: found.sum, count: total, buckets, native: found.native };
}
