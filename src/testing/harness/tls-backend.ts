/** Endpoints that speak TLS and tell what they were shown in the handshake. */
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { PairPem, Place } from './objects.ts';
import type { Stage } from './stage.ts';

export interface Seen {
  /** Common name of the certificate of the client; null without one. */
  readonly subject: string | null;
  /** False when none was told. */
  readonly servername: string | false | null;
  /** How many came over this connection. */
  readonly requests: number;
}

export interface TlsBackend extends Place {
  requests(): number;
  /** Of the last request; null before the first. */
  last(): Seen | null;
}

type Options = Pick<ServerOptions, 'minVersion' | 'maxVersion' | 'ciphers'>;

const asking = ({ certificate, key }: PairPem) => ({
  cert: certificate,
  key,
  requestCert: true,
  rejectUnauthorized: false,
});

/** Answers with what it has seen, as JSON. */
export async function startTlsBackend(
  stage: Stage,
  pair: PairPem,
  options: Options = {},
): Promise<TlsBackend> {
  const counts = new WeakMap<Socket, number>();
  let [total, last]: [number, Seen | null] = [0, null];
  const server = createServer({ ...asking(pair), ...options }, (request, response) => {
    total += 1;
    const socket = request.socket as TLSSocket;
    counts.set(socket, (counts.get(socket) ?? 0) + 1);
    const seen: Seen = { ...seenIn(socket), requests: counts.get(socket) ?? 0 };
    last = seen;
    response.end(JSON.stringify(seen));
  });
  return { ...(await listen(stage, server)), requests: () => total, last: () => last };
}

/** Answers with an empty message, and the subject in a header. */
export async function startGrpcsBackend(stage: Stage, pair: PairPem): Promise<Place> {
  const server = createSecureServer(asking(pair));
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    const { subject } = seenIn(stream.session?.socket as TLSSocket);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'x-subject': String(subject) });
    stream.end();
  });
  return listen(stage, server);
}

function seenIn(socket: TLSSocket): Omit<Seen, 'requests'> {
  const { subject } = socket.getPeerCertificate();
  return {
    subject: subject === undefined ? null : String(subject.CN),
    servername: socket.servername ?? null,
  };
}

async function listen(
  stage: Stage,
  server: Pick<Server, 'on' | 'listen' | 'close' | 'address'>,
): Promise<Place> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  stage.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { address: '127.0.0.1', port: (server.address() as AddressInfo).port };
}
