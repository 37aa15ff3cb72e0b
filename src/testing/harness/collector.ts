/** A collector of OpenTelemetry: takes OTLP over HTTP in JSON, and nothing else. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Place } from './objects.ts';
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

export interface CollectorOptions {
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Answers only when it is told to. */
  readonly holds?: boolean;
  /** Default 200. */
  readonly status?: number;
}

export async function startCollector(stage: Stage, options: CollectorOptions = {}): Promise<Collector> {
  const { address = '127.0.0.1' } = options;
  const spans: Span[] = [];
  const batches: number[] = [];
  const faults: string[] = [];
  const held = new Set<ServerResponse>();
  let holds = options.holds === true;

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    held.add(response);
    response.once('close', () => held.delete(response));
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method, url, headers } = request;
    const asked = `${method} ${url} ${headers['content-type']}`;
    if (asked !== 'POST /v1/traces application/json') faults.push(asked);
    const found = spansOf(Buffer.concat(parts).toString('utf8'));
    spans.push(...found);
    batches.push(found.length);
    response.statusCode = options.status ?? 200;
    if (!holds) response.end('{}');
  }

  const server = createServer((request, response) => {
    take(request, response).catch((error: unknown) => {
      faults.push(String(error));
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, address, resolve));
  stage.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    address,
    port: (server.address() as AddressInfo).port,
    spans,
    batches,
    faults,
    waiting: () => held.size,
    release() {
      holds = false;
      for (const response of held) response.end('{}');
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
