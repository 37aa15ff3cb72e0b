/** Small HTTP servers that stand for pods: they say who they are and what they were asked. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** What a backend answers, as JSON. */
export interface Echo {
  readonly backend: string;
  readonly method: string;
  /** As it came over the wire. */
  readonly url: string;
  readonly version: string;
  /** Lower-case names; repeated ones are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyLength: number;
  /** Which connection to this backend it was, from 1. */
  readonly connection: number;
}

export interface BackendOptions {
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Default: any free one. */
  readonly port?: number;
  /** Milliseconds before the answer; `?delay=` of a request wins. */
  readonly delay?: number;
  /** Of each answer; default: `?status=` of the request, or 200. */
  readonly status?: number;
  /** More headers of each answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Backend {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Requests whose headers have come. */
  requests(): number;
  /** Requests that wait for their answer. */
  inFlight(): number;
  connections(): number;
  openConnections(): number;
  close(): Promise<void>;
}

interface Counts {
  requests: number;
  inFlight: number;
  connections: number;
  readonly numbers: WeakMap<Socket, number>;
  readonly open: Set<Socket>;
}

export async function startBackend(name: string, options: BackendOptions = {}): Promise<Backend> {
  const counts: Counts = {
    requests: 0,
    inFlight: 0,
    connections: 0,
    numbers: new WeakMap(),
    open: new Set(),
  };
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    answer({ name, options, counts }, request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => count(counts, socket));
  server.on('upgrade', (request, socket) => echoUpgraded(name, request, socket as Socket));
  const address = options.address ?? '127.0.0.1';
  const port = await listen(server, address, options.port ?? 0);
  return {
    name,
    address,
    port,
    requests: () => counts.requests,
    inFlight: () => counts.inFlight,
    connections: () => counts.connections,
    openConnections: () => counts.open.size,
    close: () => close(server, counts),
  };
}

function count(counts: Counts, socket: Socket): void {
  counts.connections += 1;
  counts.numbers.set(socket, counts.connections);
  counts.open.add(socket);
  socket.once('close', () => counts.open.delete(socket));
}

interface Asked {
  readonly name: string;
  readonly options: BackendOptions;
  readonly counts: Counts;
}

async function answer(asked: Asked, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { name, options, counts } = asked;
  counts.requests += 1;
  counts.inFlight += 1;
  try {
    let bodyLength = 0;
    for await (const chunk of request) bodyLength += (chunk as Buffer).length;
    const wanted = /[?&]delay=(\d+)/.exec(request.url ?? '')?.[1];
    const delay = wanted === undefined ? (options.delay ?? 0) : Number(wanted);
    if (delay > 0) await setTimeout(delay);
    const echo: Echo = {
      backend: name,
      method: request.method ?? '',
      url: request.url ?? '',
      version: request.httpVersion,
      headers: Object.fromEntries(
        Object.entries(request.headersDistinct).map(([key, values]) => [key, (values ?? []).join(', ')]),
      ),
      bodyLength,
      connection: counts.numbers.get(request.socket) ?? 0,
    };
    const status = options.status ?? Number(/[?&]status=(\d+)/.exec(request.url ?? '')?.[1] ?? 200);
    response.writeHead(status, { 'content-type': 'application/json', ...options.headers });
    response.end(JSON.stringify(echo));
  } finally {
    counts.inFlight -= 1;
  }
}

/** After an upgrade every byte comes back, behind the name of the backend. */
function echoUpgraded(name: string, request: IncomingMessage, socket: Socket): void {
  const protocol = request.headers.upgrade ?? '';
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
  socket.on('data', (data) => socket.write(`${name}:${data.toString()}`));
  socket.on('error', () => socket.destroy());
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port, backlog: 4096 }, resolve);
  await promise;
  // A server on a TCP port has this form of address.
  return (server.address() as AddressInfo).port;
}

function close(server: Server, counts: Counts): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of counts.open) socket.destroy();
  });
}
