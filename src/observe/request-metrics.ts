/** Requests that nginx has answered, as counters and histograms (compat/metrics.md, "Request metrics"). */
import { labelsText } from './exposition.ts';
import { addNative, readNative } from './native-histogram.ts';
import type { GrowingHistogram, NativeHistogram } from './native-histogram.ts';
import { encodeLabels } from './protobuf.ts';
import type { Scraped } from './protobuf.ts';
import { HISTOGRAMS, printRequests, requestFamilies } from './request-families.ts';
import type { ShownHistogram, ShownSeries } from './request-families.ts';

export interface RequestMetricsOptions {
  /** Labels of every series. */
  readonly labels: Readonly<Record<string, string>>;
  readonly perHost: boolean;
  /** Whether hosts count that nobody names. */
  readonly undefinedHosts: boolean;
  /** `2xx` instead of `200`. */
  readonly statusClasses: boolean;
  /** Names without prefix that are left out. */
  readonly excluded: ReadonlySet<string>;
  readonly buckets: Readonly<Record<'time' | 'length' | 'size', readonly number[]>>;
  /** Native histograms, with at most so many buckets each, 0 for any number; null: none. */
  readonly native: { readonly schema: number; readonly most: number } | null;
}

export interface Known {
  readonly hosts: ReadonlySet<string>;
  /** As `namespace/name`. */
  readonly ingresses: ReadonlySet<string>;
}

export interface RequestMetrics {
  /** What a worker reports. @returns how many series of it could not be read. */
  add(report: readonly unknown[]): number;
  /** The configuration that is on its way: its hosts and Ingresses count from now on. */
  coming(known: Known): void;
  /** It serves: what only older ones had is removed. */
  serving(): void;
  exposition(): string;
  /** The same for the protobuf form. */
  families(): Iterable<Scraped>;
  /** Requests so far, of all hosts and of each; those of Ingresses that have gone have left. */
  totals(): RequestTotals;
}

export interface RequestTotals {
  readonly all: number;
  /** An empty name for requests that are counted without one. */
  readonly hosts: ReadonlyMap<string, number>;
}

/** As workers name them. */
const LABELS = ['host', 'namespace', 'ingress', 'service', 'canary', 'path', 'method', 'status'] as const;

interface Series extends ShownSeries {
  readonly ingress: string | null;
  readonly host: string;
  count: number;
  readonly histograms: readonly GrowingSeries[];
}

interface GrowingSeries extends ShownHistogram {
  sum: number;
  readonly counts: number[];
  readonly native: GrowingHistogram | null;
}

interface Row {
  readonly labels: readonly string[];
  readonly count: number;
  readonly histograms: readonly (readonly number[])[];
  /** Of those histograms that have one, in their order. */
  readonly native: readonly NativeHistogram[];
}

export function createRequestMetrics(options: RequestMetricsOptions): RequestMetrics {
  const all = new Map<string, Series>();
  const boundsOf = HISTOGRAMS.map(({ bounds }) => options.buckets[bounds]);
  let latest: Known = { hosts: new Set(), ingresses: new Set() };
  let inForce = latest;

  const isKnown = ([host = '', namespace = '', ingress = '']: readonly string[]): boolean => {
    const either = (pick: (known: Known) => boolean) => pick(latest) || pick(inForce);
    const key = `${namespace}/${ingress}`;
    if (ingress !== '' && !either(({ ingresses }) => ingresses.has(key))) return false;
    return !options.perHost || options.undefinedHosts || either(({ hosts }) => hosts.has(host));
  };

  function seriesOf(row: Row): Series {
    const labels = row.labels.map((value, index) =>
      LABELS[index] === 'status' && options.statusClasses && value !== '' ? `${value.slice(0, 1)}xx` : value,
    );
    const key = labels.join('\0');
    const known = all.get(key);
    if (known !== undefined) return known;
    const [host = '', namespace = '', ingress = ''] = labels;
    const made: Series = {
      labels: labelsText(namesOf(labels, options)),
      values: labels,
      host: options.perHost ? host : '',
      ingress: ingress === '' ? null : `${namespace}/${ingress}`,
      count: 0,
      histograms: HISTOGRAMS.map(({ hasNative }, index) => ({
        sum: 0,
        counts: Array.from({ length: (boundsOf[index]?.length ?? 0) + 1 }, () => 0),
        native:
          options.native !== null && hasNative
            ? { schema: options.native.schema, zero: 0, counts: new Map<number, number>() }
            : null,
      })),
    };
    all.set(key, made);
    return made;
  }

  return {
    add(report) {
      let unread = 0;
      for (const one of report) {
        const row = rowOf(one, boundsOf, options);
        if (row === null) unread++;
        else if (isKnown(row.labels)) addTo(seriesOf(row), row, options);
      }
      return unread;
    },
    coming(known) {
      latest = known;
    },
    serving() {
      inForce = latest;
      for (const [key, { ingress }] of all)
        if (ingress !== null && !latest.ingresses.has(ingress)) all.delete(key);
    },
    exposition: () => printRequests([...all.values()], { boundsOf, excluded: options.excluded }),
    families: () =>
      requestFamilies([...all.values()], {
        boundsOf,
        excluded: options.excluded,
        labelsOf: ({ values }) => encodeLabels(namesOf(values, options)),
      }),
    totals: () => totalsOf(all.values()),
  };
}

function totalsOf(all: Iterable<Series>): RequestTotals {
  const hosts = new Map<string, number>();
  let sum = 0;
  for (const { host, count } of all) {
    hosts.set(host, (hosts.get(host) ?? 0) + count);
    sum += count;
  }
  return { all: sum, hosts };
}

function rowOf(
  value: unknown,
  bounds: readonly (readonly number[])[],
  { native }: RequestMetricsOptions,
): Row | null {
  if (typeof value !== 'object' || value === null || !('l' in value && 'n' in value && 'h' in value))
    return null;
  const { l, n, h } = value;
  const isText = Array.isArray(l) && l.length === LABELS.length && l.every((one) => typeof one === 'string');
  const isNumbers = (one: unknown, length: number): one is readonly number[] =>
    Array.isArray(one) &&
    one.length === length &&
    one.every((each, at) => (at === 0 ? Number.isFinite(each) : isCount(each)));
  if (!isText || !isCount(n) || !Array.isArray(h) || h.length !== bounds.length) return null;
  if (!h.every((one, index) => isNumbers(one, (bounds[index]?.length ?? 0) + 2))) return null;
  const histograms = h as readonly (readonly number[])[];
  const found = native === null ? [] : nativeOf('x' in value ? value.x : null);
  return found === null ? null : { labels: l as readonly string[], count: n, histograms, native: found };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function nativeOf(value: unknown): readonly NativeHistogram[] | null {
  if (!Array.isArray(value) || value.length !== HISTOGRAMS.filter(({ hasNative }) => hasNative).length)
    return null;
  const read = value.map(readNative).filter((one) => one !== null);
  return read.length === value.length ? read : null;
}

function addTo(series: Series, { count, histograms, native }: Row, options: RequestMetricsOptions): void {
  series.count += count;
  for (const [index, [sum = 0, ...counts]] of histograms.entries()) {
    const into = series.histograms[index];
    if (into === undefined) continue;
    into.sum += sum;
    for (const [at, more] of counts.entries()) into.counts[at] = (into.counts[at] ?? 0) + more;
    const found = native[index];
    if (into.native !== null && found !== undefined) addNative(into.native, found, options.native?.most ?? 0);
  }
}

function namesOf(
  values: readonly string[],
  { labels, perHost }: RequestMetricsOptions,
): Readonly<Record<string, string>> {
  const own = LABELS.map((name, index) => [name, values[index] ?? ''] as const);
  return { ...labels, ...Object.fromEntries(own.filter(([name]) => perHost || name !== 'host')) };
}
