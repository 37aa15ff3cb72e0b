/** Requests that nginx has answered, as counters and histograms (compat/metrics.md, "Request metrics"). */
import { PREFIX, labelsText } from './exposition.ts';
import { goFloat } from './go-float.ts';

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
}

interface HistogramSpec {
  readonly name: string;
  readonly help: string;
  readonly bounds: 'time' | 'length' | 'size';
}

/** In the order in which workers report them (nginx/lua/tidegate/metrics.lua). */
const HISTOGRAMS: readonly HistogramSpec[] = [
  {
    name: 'request_duration_seconds',
    help: 'Seconds from the first byte of a request to the last of its answer',
    bounds: 'time',
  },
  { name: 'connect_duration_seconds', help: 'Seconds to connect to the endpoint', bounds: 'time' },
  { name: 'header_duration_seconds', help: 'Seconds to the header of the endpoint’s answer', bounds: 'time' },
  { name: 'response_duration_seconds', help: 'Seconds to the end of the endpoint’s answer', bounds: 'time' },
  { name: 'request_size', help: 'Bytes of requests, headers included', bounds: 'length' },
  { name: 'response_size', help: 'Bytes of answers, headers included', bounds: 'length' },
  {
    name: 'bytes_sent',
    help: 'Bytes of answers, headers included; response_size is its successor',
    bounds: 'size',
  },
];
const REQUESTS = { name: 'requests', help: 'Requests that were answered' } as const;

/** As workers name them. */
const LABELS = ['host', 'namespace', 'ingress', 'service', 'canary', 'path', 'method', 'status'] as const;

interface Histogram {
  sum: number;
  /** One more than bounds; what lies above all of them comes last. */
  readonly counts: number[];
}

interface Series {
  /** As the exposition shows them, without braces. */
  readonly labels: string;
  readonly ingress: string | null;
  count: number;
  readonly histograms: readonly Histogram[];
}

interface Row {
  readonly labels: readonly string[];
  readonly count: number;
  readonly histograms: readonly (readonly number[])[];
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
    const [, namespace = '', ingress = ''] = labels;
    const made: Series = {
      labels: textOf(labels, options),
      ingress: ingress === '' ? null : `${namespace}/${ingress}`,
      count: 0,
      histograms: boundsOf.map((bounds) => ({
        sum: 0,
        counts: Array.from({ length: bounds.length + 1 }, () => 0),
      })),
    };
    all.set(key, made);
    return made;
  }

  return {
    add(report) {
      let unread = 0;
      for (const one of report) {
        const row = rowOf(one, boundsOf);
        if (row === null) unread++;
        else if (isKnown(row.labels)) addTo(seriesOf(row), row);
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
    exposition: () => print([...all.values()], options, boundsOf),
  };
}

function rowOf(value: unknown, bounds: readonly (readonly number[])[]): Row | null {
  if (typeof value !== 'object' || value === null || !('l' in value && 'n' in value && 'h' in value))
    return null;
  const { l, n, h } = value;
  const isText = Array.isArray(l) && l.length === LABELS.length && l.every((one) => typeof one === 'string');
  const isNumbers = (one: unknown, length: number): one is readonly number[] =>
    Array.isArray(one) && one.length === length && one.every((each) => Number.isFinite(each));
  if (!isText || typeof n !== 'number' || !Array.isArray(h) || h.length !== bounds.length) return null;
  if (!h.every((one, index) => isNumbers(one, (bounds[index]?.length ?? 0) + 2))) return null;
  return { labels: l as readonly string[], count: n, histograms: h as readonly (readonly number[])[] };
}

function addTo(series: Series, { count, histograms }: Row): void {
  series.count += count;
  for (const [index, [sum = 0, ...counts]] of histograms.entries()) {
    const into = series.histograms[index];
    if (into === undefined) continue;
    into.sum += sum;
    for (const [at, more] of counts.entries()) into.counts[at] = (into.counts[at] ?? 0) + more;
  }
}

function textOf(values: readonly string[], { labels, perHost }: RequestMetricsOptions): string {
  const own = LABELS.map((name, index) => [name, values[index] ?? ''] as const);
  return labelsText({
    ...labels,
    ...Object.fromEntries(own.filter(([name]) => perHost || name !== 'host')),
  });
}

function print(
  all: readonly Series[],
  { excluded }: RequestMetricsOptions,
  bounds: readonly (readonly number[])[],
): string {
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
        lines.push(...linesOf(PREFIX + spec.name, labels, { found, bounds: bounds[index] ?? [] }));
    }
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function linesOf(
  name: string,
  labels: string,
  { found: { sum, counts }, bounds }: { readonly found: Histogram; readonly bounds: readonly number[] },
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
