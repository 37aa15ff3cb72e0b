/** Where workers of nginx report what they have answered: a socket in the file system, a JSON array for each connection. */
import { chmod, chown, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';

export interface RecordServerOptions {
  readonly path: string;
  /** Of the workers; null when it is that of this process. */
  readonly user: string | null;
  readonly log: Logger;
  /** Returns how many of them could not be read. */
  readonly onReport: (report: readonly unknown[]) => number;
}

/** Far more than any worker reports in a second. */
const MOST_BYTES = 64 * 1024 * 1024;

export async function startRecordServer(options: RecordServerOptions): Promise<{ close(): Promise<void> }> {
  const { path, user, log } = options;
  // Of a controller that was killed.
  await rm(path, { force: true });
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    read(socket, options);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  server.on('error', (error) => log.error('requests are not counted any more', { reason: messageOf(error) }));
  await chmod(path, 0o660);
  const id = user === null ? null : await idOf(user);
  if (id !== null) await chown(path, id, process.getgid?.() ?? 0);
  return {
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(path, { force: true });
    },
  };
}

function read(socket: Socket, { log, onReport }: RecordServerOptions): void {
  const parts: Buffer[] = [];
  let size = 0;
  socket.setTimeout(10_000, () => socket.destroy());
  socket.on('data', (part: Buffer) => {
    size += part.length;
    parts.push(part);
    if (size > MOST_BYTES) socket.destroy();
  });
  socket.on('end', () => {
    try {
      const report: unknown = JSON.parse(Buffer.concat(parts).toString());
      const unread = Array.isArray(report) ? onReport(report) : 1;
      if (unread > 0)
        log.warn('requests are not counted: a report of nginx is not as expected', { series: unread });
    } catch (error) {
      log.warn('requests are not counted: a report of nginx cannot be read', { reason: messageOf(error) });
    }
    socket.end();
  });
}

/** Null when nobody has this name. */
async function idOf(user: string): Promise<number | null> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const found = lines.find(([name]) => name === user)?.[2];
  return found === undefined ? null : Number(found);
}
