/** A service that keeps what it was asked, and answers when it is let. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { PairPem, Place } from './objects.ts';
import type { Stage } from './stage.ts';

export interface Recorded {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The name that was told in the handshake; null without TLS. */
  readonly servername: string | null;
}

export interface Recorder extends Place {
  /** Those whose body has come, too. */
  readonly asked: readonly Recorded[];
  /** Requests that wait for their answer. */
  waiting(): number;
  /** Answers those that wait, and all that come. */
  release(): void;
}

export interface RecorderOptions {
  readonly address?: string;
  /** Over TLS. */
  readonly pair?: PairPem;
  /** Answers only when it is told to. */
  readonly holds?: boolean;
  /** Default 200. */
  readonly status?: number;
}

export async function startRecorder(stage: Stage, options: RecorderOptions = {}): Promise<Recorder> {
  const { address = '127.0.0.1', pair } = options;
  const asked: Recorded[] = [];
  const held = new Set<ServerResponse>();
  let holds = options.holds === true;

  async function record(request: IncomingMessage, response: ServerResponse): Promise<void> {
    held.add(response);
    response.once('close', () => held.delete(response));
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { servername } = request.socket as Partial<TLSSocket>;
    asked.push({
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(parts).toString('latin1'),
      servername: typeof servername === 'string' ? servername : null,
    });
    response.statusCode = options.status ?? 200;
    if (!holds) response.end('done');
  }

  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void record(request, response).catch(() => response.destroy());
  const server =
    pair === undefined
      ? createServer(listener)
      : createTlsServer({ cert: pair.certificate, key: pair.key }, listener);
  await new Promise<void>((resolve) => void server.listen(0, address, resolve));
  stage.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    address,
    port: (server.address() as AddressInfo).port,
    asked,
    waiting: () => held.size,
    release() {
      holds = false;
      for (const response of held) response.end('done');
    },
  };
}
