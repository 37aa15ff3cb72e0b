/** Many upgraded connections that stay open. */
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { secureContext } from './load-ways.ts';
import type { LoadTarget } from './load-ways.ts';

export interface Websocket {
  /** Sends a text and resolves when it came back. @throws when the connection has ended, or nothing comes. */
  echo(): Promise<void>;
  isOpen(): boolean;
  /** Why and when (milliseconds of performance.now()) it ended, or null. */
  ended(): { readonly at: number; readonly reason: string } | null;
  close(): void;
}

const PATIENCE = 30_000;

/** @param scheme wss: over TLS. */
export async function openWebsocket(target: LoadTarget, scheme: 'ws' | 'wss'): Promise<Websocket> {
  const socket =
    scheme === 'ws'
      ? connectTcp({ host: '127.0.0.1', port: target.http })
      : connectTls({
          host: '127.0.0.1',
          port: target.https,
          servername: target.host,
          rejectUnauthorized: false,
          secureContext,
          ALPNProtocols: ['http/1.1'],
        });
  const wire = listenTo(socket);
  socket.write(`GET / HTTP/1.1\r\nHost: ${target.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  await wire.until('\r\n\r\n', /^HTTP\/1\.1 101 /);
  let sent = 0;
  return {
    async echo() {
      const text = `<${++sent}>`;
      socket.write(text);
      await wire.until(text, /./);
    },
    isOpen: () => wire.ended() === null,
    ended: wire.ended,
    close() {
      socket.destroy();
    },
  };
}

/** Opens them a few at a time, every other one over TLS. */
export async function openWebsockets(target: LoadTarget, count: number): Promise<readonly Websocket[]> {
  const opened: Websocket[] = [];
  while (opened.length < count) {
    const first = opened.length;
    const group = Array.from({ length: Math.min(50, count - first) }, (_, index) =>
      openWebsocket(target, (first + index) % 2 === 0 ? 'ws' : 'wss'),
    );
    opened.push(...(await Promise.all(group)));
  }
  return opened;
}

/** Keeps what has come since the last look. */
function listenTo(socket: Socket) {
  let text = '';
  let ended: { readonly at: number; readonly reason: string } | null = null;
  let look: () => void = () => undefined;
  const end = (reason: string) => {
    ended ??= { at: performance.now(), reason };
    look();
  };
  socket.on('data', (data: Buffer) => {
    text += data.toString('latin1');
    look();
  });
  socket.on('error', (error) => end(error.message));
  socket.on('end', () => end('closed by the server'));
  socket.on('close', () => end('closed'));
  return {
    ended: () => ended,
    /** Takes everything up to `mark`, which must look like `pattern`. */
    until(mark: string, pattern: RegExp): Promise<void> {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => done(new Error(`nothing came but ${text}`)), PATIENCE);
        const done = (error: Error | null) => {
          clearTimeout(timer);
          look = () => undefined;
          if (error === null) resolve();
          else reject(error);
        };
        look = () => {
          const at = text.indexOf(mark);
          if (at >= 0) {
            const taken = text.slice(0, at + mark.length);
            text = text.slice(at + mark.length);
            return done(pattern.test(taken) ? null : new Error(`unexpected: ${taken}`));
          }
          if (ended !== null) done(new Error(ended.reason));
        };
        look();
      });
    },
  };
}
