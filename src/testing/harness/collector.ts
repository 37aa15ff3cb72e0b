/** A collector of OpenTelemetry: takes OTLP over HTTP in JSON, and nothing else. */
import type { Place } from './objects.ts';
import { startRecorder } from './recorder.ts';
import type { RecorderOptions } from './recorder.ts';
import type { Stage } from './stage.ts';

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number };
  readonly service: string;
  /** Numbers are numbers. */
  readonly attributes: Readonly<Record<string, string | number>>;
}

export interface Collector extends Place {
  readonly spans: readonly Span[];
  /** How many spans came together. */
  readonly batches: readonly number[];
  /** What was no request of OTLP. */
  readonly faults: readonly string[];
  /** Requests that wait for their answer. */
  waiting(): number;
  /** Answers those that wait, and all that come. */
  release(): void;
}

interface Value {
  readonly stringValue?: string;
  readonly intValue?: string;
}

interface Attribute {
  readonly key: string;
  readonly value: Value;
}

interface Message {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<Span, 'attributes' | 'service'> & {
        readonly attributes: readonly Attribute[];
      })[];
    }[];
  }[];
}

/** Collectors speak it over HTTP at one path. */
const EXPECTED = 'POST /v1/traces application/json';

export async function startCollector(
  stage: Stage,
  options: Pick<RecorderOptions, 'address' | 'holds' | 'status'> = {},
): Promise<Collector> {
  const recorder = await startRecorder(stage, options);
  const batches = () =>
    recorder.asked.map(({ body }) => spansOf(Buffer.from(body, 'latin1').toString('utf8')));
  return {
    ...recorder,
    get spans() {
      return batches().flat();
    },
    get batches() {
      return batches().map(({ length }) => length);
    },
    get faults() {
      const asked = recorder.asked.map(
        ({ method, url, headers }) => `${method} ${url} ${headers['content-type']}`,
      );
      return asked.filter((text) => text !== EXPECTED);
    },
  };
}

function spansOf(text: string): readonly Span[] {
  const { resourceSpans } = JSON.parse(text) as Message;
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(recordOf(resource.attributes)['service.name']);
    return scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => ({ ...span, service, attributes: recordOf(span.attributes) })),
    );
  });
}

function recordOf(list: readonly Attribute[]): Readonly<Record<string, string | number>> {
  return Object.fromEntries(list.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]));
}
