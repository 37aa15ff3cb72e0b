/** The HTTP server of the controller itself: health and metrics (compat/flags.md, "HTTP endpoints"). */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

export interface HealthOptions {
  /** Empty: all addresses. */
  readonly host: string;
  readonly port: number;
  /** The value of --health-check-path. */
  readonly path: string;
  /** Null when all is well, else the reason why not. */
  readonly check: () => Promise<string | null>;
  /** @param accept the header of the request; empty without one. */
  readonly metrics: (accept: string) => Promise<ShownMetrics>;
}

/** All metrics in one form. */
export interface ShownMetrics {
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

const CHECK_NAME = 'nginx-ingress-controller';

/** @throws when the port cannot be bound. */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch(() => response.destroy());
  });
  server.requestTimeout = 10_000;
  server.keepAliveTimeout = 120_000;
  await listen(server, options);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, options: HealthOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const listening = () => resolve();
    if (options.host === '') server.listen(options.port, listening);
    else server.listen(options.port, options.host, listening);
  });
}

async function answer(
  options: HealthOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const path = options.path.replace(/\/$/, '');
  switch (url.pathname) {
    case '/metrics': {
      const { contentType, body } = await options.metrics(request.headers.accept ?? '');
      response.writeHead(200, { 'content-type': contentType }).end(body);
      return;
    }
    case path === '' ? '/' : path:
      return answerAll(options, url.searchParams, response);
    case `${path}/ping`:
      return plain(response, { status: 200, text: 'ok' });
    case `${path}/${CHECK_NAME}`: {
      const reason = await options.check();
      return plain(
        response,
        reason === null
          ? { status: 200, text: 'ok' }
          : { status: 500, text: `internal server error: ${reason}\n` },
      );
    }
    default:
      plain(response, { status: 404, text: '404 page not found\n' });
  }
}

async function answerAll(
  options: HealthOptions,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const excluded = new Set(query.getAll('exclude'));
  const lines: string[] = [];
  if (!excluded.has('ping')) lines.push('[+]ping ok');
  const reason = excluded.has(CHECK_NAME) ? null : await options.check();
  if (!excluded.has(CHECK_NAME)) {
    lines.push(reason === null ? `[+]${CHECK_NAME} ok` : `[-]${CHECK_NAME} failed: reason withheld`);
  }
  const word = options.path.split('/').find((segment) => segment !== '') ?? 'health';
  if (reason !== null)
    return plain(response, { status: 500, text: [...lines, `${word} check failed`, ''].join('\n') });
  const verbose = query.has('verbose');
  plain(response, { status: 200, text: verbose ? [...lines, `${word} check passed`, ''].join('\n') : 'ok' });
}

function plain(
  response: ServerResponse,
  { status, text }: { readonly status: number; readonly text: string },
): void {
  response
    .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
    .end(text);
}
