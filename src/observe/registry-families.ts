/** What is counted with prom-client, for the protobuf form, which it does not have. */
import type { Registry } from 'prom-client';
import { encodeLabels } from './protobuf.ts';
import type { Scraped, ScrapedHistogram, ScrapedMetric } from './protobuf.ts';

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  /** Of histograms: with `_bucket`, `_sum` or `_count`. */
  readonly metricName?: string;
}

export async function familiesOf(registry: Registry): Promise<readonly Scraped[]> {
  const all = await registry.getMetricsAsJSON();
  return all.map(({ name, help, type, values }) => {
    const kind = kindOf(String(type));
    return {
      name,
      help,
      type: kind,
      metrics: kind === 'histogram' ? histogramsOf(name, values) : plain(values),
    };
  });
}

/** @throws for kinds that nobody uses here. */
function kindOf(type: string): Scraped['type'] {
  if (type === 'counter' || type === 'gauge' || type === 'histogram') return type;
  throw new TypeError(`a ${type} has no protobuf form here`);
}

function plain(samples: readonly Sample[]): readonly ScrapedMetric[] {
  return samples.map((sample) => ({ labels: encodeLabels(ownLabels(sample)), value: sample.value }));
}

function histogramsOf(name: string, samples: readonly Sample[]): readonly ScrapedMetric[] {
  const found = Map.groupBy(samples, (sample) => JSON.stringify(ownLabels(sample)));
  return [...found.values()].map((some) => ({
    labels: encodeLabels(some[0] === undefined ? {} : ownLabels(some[0])),
    value: histogramOf(name, some),
  }));
}

/** Without the bound of a bucket. */
function ownLabels({ labels }: Sample): Readonly<Record<string, string>> {
  const all = Object.entries(labels).filter(([name]) => name !== 'le');
  return Object.fromEntries(all.map(([name, value]) => [name, String(value)]));
}

function histogramOf(name: string, samples: readonly Sample[]): ScrapedHistogram {
  const one = (suffix: string) => samples.find(({ metricName }) => metricName === name + suffix)?.value ?? 0;
  const buckets = samples
    .filter(({ labels }) => Number.isFinite(Number(labels['le'])))
    .map(({ labels, value }) => [Number(labels['le']), value] as const);
  return { sum: one('_sum'), count: one('_count'), buckets, native: null };
}
