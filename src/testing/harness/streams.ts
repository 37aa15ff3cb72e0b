/** Servers and clients of plain TCP and UDP. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Stage } from './stage.ts';

export interface StreamBackend {
  readonly address: string;
  readonly port: number;
  /** Connections that it had. */
  connections(): number;
}

/** Where a backend listens; default: 127.0.0.1, any port. */
interface Place {
  readonly address?: string;
  readonly port?: number;
}

/** Answers each piece of text with its name and that text. */
export async function tcpBackend(
  stage: Stage,
  name: string,
  { address = '127.0.0.1', port = 0 }: Place = {},
): Promise<StreamBackend> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    count++;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (data: Buffer) => socket.write(`${name}<${data.toString()}>`));
  });
  server.listen(port, address);
  await once(server, 'listening');
  stage.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { address, port: (server.address() as AddressInfo).port, connections: () => count };
}

/** The same; one answer, or as many as wanted. */
export async function udpBackend(
  stage: Stage,
  name: string,
  answers = 1,
  { address = '127.0.0.1', port = 0 }: Place = {},
): Promise<StreamBackend> {
  const socket = createSocket('udp4');
  let count = 0;
  socket.on('message', (data, from) => {
    count++;
    for (let index = 0; index < answers; index++)
      socket.send(`${name}<${data.toString()}>`, from.port, from.address);
  });
  socket.bind(port, address);
  await once(socket, 'listening');
  stage.defer(() => socket.close());
  return { address, port: socket.address().port, connections: () => count };
}

export interface Session {
  /** Sends and waits for the next piece of an answer. */
  say(text: string): Promise<string>;
  close(): void;
}

/** @throws when nobody takes it. */
export async function openTcp(port: number, host = '127.0.0.1'): Promise<Session> {
  const socket = connect({ port, host });
  await once(socket, 'connect');
  socket.on('error', () => socket.destroy());
  return {
    say: (text) => answerOf(socket, text),
    close: () => socket.destroy(),
  };
}

function answerOf(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const onData = (data: Buffer) => {
      socket.off('close', onClose);
      resolve(data.toString());
    };
    const onClose = () => {
      socket.off('data', onData);
      reject(new Error('closed without an answer'));
    };
    socket.once('data', onData).once('close', onClose);
    socket.write(text);
  });
}

/** One answer to one piece of text over a connection of its own. */
export async function askTcp(port: number, text: string, host?: string): Promise<string> {
  const session = await openTcp(port, host);
  try {
    return await session.say(text);
  } finally {
    session.close();
  }
}

/** So many answers to one datagram. @throws when they do not come within a second. */
export function askUdp(port: number, text: string, answers = 1): Promise<readonly string[]> {
  const socket = createSocket('udp4');
  const found: string[] = [];
  return new Promise<readonly string[]>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${found.length} answers`)), 1000);
    socket.on('error', reject);
    socket.on('message', (data) => {
      found.push(data.toString());
      if (found.length < answers) return;
      clearTimeout(timer);
      resolve(found);
    });
    socket.send(text, port, '127.0.0.1');
  }).finally(() => socket.close());
}

/** @throws when somebody listens on a TCP port. */
export function closed(port: number): Promise<void> {
  return openTcp(port).then(
    (session) => {
      session.close();
      throw new Error(`port ${port} is open`);
    },
    () => undefined,
  );
}
