/**
 * The protobuf form of Prometheus: messages of io.prometheus.client (metrics.proto of prometheus/client_model), each behind its length.
 * Native histograms exist in this form only.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Sliced } from '../lib/slices.ts';
import { ZERO_THRESHOLD, spansOf } from './native-histogram.ts';
import type { NativeHistogram } from './native-histogram.ts';

export interface Scraped {
  /** With prefix. */
  readonly name: string;
  readonly help: string;
  readonly type: keyof typeof TYPES;
  readonly metrics: Iterable<ScrapedMetric>;
}

export interface ScrapedMetric {
  readonly labels: EncodedLabels;
  readonly value: number | ScrapedHistogram;
}

export interface ScrapedHistogram {
  readonly sum: number;
  readonly count: number;
  /** What is not above a bound, bounds ascending and finite. */
  readonly buckets: readonly (readonly [bound: number, count: number])[];
  readonly native: NativeHistogram | null;
}

/** Made once where several metrics have the same. */
export type EncodedLabels = Uint8Array & { readonly encodedLabels: unique symbol };

/** Of those that there are: MetricType, and the field of Metric that has the value. */
const TYPES = {
  counter: { number: 0, field: 3 },
  gauge: { number: 1, field: 2 },
  histogram: { number: 4, field: 7 },
} as const;

export function encodeLabels(labels: Readonly<Record<string, string>>): EncodedLabels {
  const writer = new BinaryWriter();
  for (const [name, value] of Object.entries(labels)) {
    open(writer, 1);
    text(writer, 1, name);
    text(writer, 2, value);
    writer.join();
  }
  return writer.finish() as EncodedLabels;
}

/** Families without metrics are left out. Each metric is read in one step: what is counted meanwhile is in the next ones. */
export function* encodeFamilies(families: Iterable<Scraped>): Sliced<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const { name, help, type, metrics } of families) {
    const { number, field } = TYPES[type];
    const writer = new BinaryWriter().fork();
    text(writer, 1, name);
    text(writer, 2, help);
    writer.tag(3, WireType.Varint).uint32(number);
    let isEmpty = true;
    for (const metric of metrics) {
      isEmpty = false;
      writeMetric(writer, field, metric);
      yield;
    }
    if (!isEmpty) parts.push(writer.join().finish());
  }
  return Buffer.concat(parts);
}

function writeMetric(writer: BinaryWriter, field: number, { labels, value }: ScrapedMetric): void {
  open(writer, 4).raw(labels);
  open(writer, field);
  if (typeof value === 'number') double(writer, 1, value);
  else writeHistogram(writer, value);
  writer.join().join();
}

function writeHistogram(writer: BinaryWriter, { count: all, sum, buckets, native }: ScrapedHistogram): void {
  writer.tag(1, WireType.Varint).uint64(all);
  double(writer, 2, sum);
  for (const [bound, count] of buckets) {
    open(writer, 3).tag(1, WireType.Varint).uint64(count);
    double(writer, 2, bound);
    writer.join();
  }
  if (native !== null) writeNative(writer, native);
}

function writeNative(writer: BinaryWriter, native: NativeHistogram): void {
  writer.tag(5, WireType.Varint).sint32(native.schema);
  double(writer, 6, ZERO_THRESHOLD);
  writer.tag(7, WireType.Varint).uint64(native.zero);
  const spans = spansOf(native.counts);
  for (const { offset, counts } of spans) {
    open(writer, 12).tag(1, WireType.Varint).sint32(offset);
    writer.tag(2, WireType.Varint).uint32(counts.length).join();
  }
  let before = 0;
  for (const { counts } of spans)
    for (const count of counts) {
      writer.tag(13, WireType.Varint).sint64(count - before);
      before = count;
    }
}

/** A message, until `join`. */
function open(writer: BinaryWriter, field: number): BinaryWriter {
  return writer.tag(field, WireType.LengthDelimited).fork();
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function double(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Bit64).double(value);
}
