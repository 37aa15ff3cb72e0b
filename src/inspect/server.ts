/** Answers `/dbg` about the state of the controller, on a socket that only its own user can reach. Nothing here is secret. */
import { chmod, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** By path, which begins with a slash. */
export type Answers = Readonly<Record<string, (query: URLSearchParams) => Answer | Promise<Answer>>>;

export interface InspectionOptions {
  readonly path: string;
  readonly answers: Answers;
  readonly log: Logger;
}

export interface InspectionServer {
  close(): Promise<void>;
}

/** @throws when the socket cannot be made. */
export async function startInspection({ path, answers, log }: InspectionOptions): Promise<InspectionServer> {
  // Of a controller that was killed.
  await rm(path, { force: true });
  const server = createServer((request, response) => {
    answer(answers, request).then(
      ({ status, body }) => send(response, { status, body }),
      (error: unknown) => {
        log.warn('a question of /dbg could not be answered', { reason: messageOf(error) });
        send(response, { status: 500, body: `${messageOf(error)}\n` });
      },
    );
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  server.on('error', (error) => log.error('/dbg gets no answers any more', { reason: messageOf(error) }));
  await chmod(path, 0o600);
  return {
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await rm(path, { force: true });
    },
  };
}

async function answer(answers: Answers, request: IncomingMessage): Promise<Answer> {
  if (request.method !== 'GET') return { status: 405, body: 'GET only\n' };
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://controller');
  const found = Object.hasOwn(answers, pathname) ? answers[pathname] : undefined;
  return found === undefined ? { status: 404, body: 'no such question\n' } : found(searchParams);
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(body);
}
