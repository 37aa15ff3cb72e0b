/** Reads the protobuf form of metrics as metrics.proto of prometheus/client_model has it. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

export interface ReadFamily {
  readonly name: string;
  readonly help: string;
  /** MetricType. */
  readonly type: number;
  readonly metrics: readonly ReadMetric[];
}

export interface ReadMetric {
  readonly labels: Readonly<Record<string, string>>;
  readonly gauge: number | null;
  readonly counter: number | null;
  readonly histogram: ReadHistogram | null;
}

export interface ReadHistogram {
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly (readonly [bound: number, count: number])[];
  /** Null: not a native one. */
  readonly native: {
    readonly schema: number;
    readonly zeroThreshold: number;
    readonly zeroCount: number;
    readonly spans: readonly (readonly [offset: number, length: number])[];
    readonly deltas: readonly number[];
  } | null;
}

/** By field, in their order. */
type Fields = ReadonlyMap<number, readonly Field[]>;
/** A varint, a double, or a message. */
type Field = bigint | number | Uint8Array;

export function readFamilies(bytes: Uint8Array): readonly ReadFamily[] {
  const reader = new BinaryReader(bytes);
  const families: ReadFamily[] = [];
  while (reader.pos < reader.len) {
    const fields = fieldsOf(reader.bytes());
    families.push({
      name: text(fields, 1),
      help: text(fields, 2),
      type: integer(fields, 3),
      metrics: messages(fields, 4).map(metricOf),
    });
  }
  return families;
}

function metricOf(fields: Fields): ReadMetric {
  const [histogram] = messages(fields, 7);
  const numberIn = (field: number) => messages(fields, field).map((plain) => double(plain, 1))[0] ?? null;
  return {
    labels: Object.fromEntries(messages(fields, 1).map((label) => [text(label, 1), text(label, 2)])),
    gauge: numberIn(2),
    counter: numberIn(3),
    histogram: histogram === undefined ? null : histogramOf(histogram),
  };
}

function histogramOf(fields: Fields): ReadHistogram {
  const native = {
    schema: zigzag(one(fields, 5)),
    zeroThreshold: double(fields, 6),
    zeroCount: integer(fields, 7),
    spans: messages(fields, 12).map((span) => [zigzag(one(span, 1)), integer(span, 2)] as const),
    deltas: (fields.get(13) ?? []).map(zigzag),
  };
  return {
    count: integer(fields, 1),
    sum: double(fields, 2),
    buckets: messages(fields, 3).map((bucket) => [double(bucket, 2), integer(bucket, 1)] as const),
    native: fields.has(6) ? native : null,
  };
}

function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, Field[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    fields.set(number, [...(fields.get(number) ?? []), fieldOf(reader, type)]);
  }
  return fields;
}

function fieldOf(reader: BinaryReader, type: WireType): Field {
  if (type === WireType.Varint) return BigInt(reader.uint64());
  if (type === WireType.Bit64) return reader.double();
  return reader.bytes();
}

function one(fields: Fields, number: number): Field {
  return fields.get(number)?.[0] ?? 0n;
}

function integer(fields: Fields, number: number): number {
  return Number(one(fields, number));
}

function double(fields: Fields, number: number): number {
  const value = one(fields, number);
  return typeof value === 'number' ? value : NaN;
}

function text(fields: Fields, number: number): string {
  return Buffer.from(one(fields, number) as Uint8Array).toString();
}

function messages(fields: Fields, number: number): readonly Fields[] {
  return (fields.get(number) ?? []).map((value) => fieldsOf(value as Uint8Array));
}

function zigzag(value: Field): number {
  const bits = BigInt(value as bigint);
  return Number((bits >> 1n) ^ -(bits & 1n));
}
