/** The HTTP server of the status page. It only ever shows something. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { Reply } from './routes.ts';

export interface DashboardServerOptions {
  readonly host: string;
  readonly port: number;
  /** Style sheet and script, as text. */
  readonly files: { readonly style: string; readonly script: string };
  readonly answer: (url: URL) => Promise<Reply>;
  readonly onError: (error: unknown) => void;
}

export interface DashboardServer {
  readonly port: number;
  close(): Promise<void>;
}

const headers = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

const MOST_CONNECTIONS = 100;

/** @throws when the port cannot be bound. */
export async function startDashboardServer(options: DashboardServerOptions): Promise<DashboardServer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    respond(options, request, response).catch((error: unknown) => {
      options.onError(error);
      if (response.headersSent) response.destroy();
      else plain(response, { status: 500, text: 'The page cannot be made; the log says why.\n' });
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => resolve());
  });
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

async function respond(
  { host, files, answer }: DashboardServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return plain(response, { status: 405, text: 'This page is read-only: GET and HEAD.\n' });
  }
  // A page of somebody else whose name leads here must not read it.
  if (!isOwnHost(request.headers.host ?? '', host))
    return plain(response, {
      status: 403,
      text: 'Please open this page by its address or as localhost; other names are refused.\n',
    });
  const url = URL.parse(request.url ?? '/', 'http://dashboard');
  if (url === null) return plain(response, { status: 400, text: 'The path cannot be read.\n' });
  if (url.pathname === '/style.css') return send(response, 200, { type: 'text/css', text: files.style });
  if (url.pathname === '/script.js')
    return send(response, 200, { type: 'text/javascript', text: files.script });
  const { status, text } = await answer(url);
  send(response, status, { type: 'text/html', text });
}

/** @param given the Host header. @param own what the server listens on. */
export function isOwnHost(given: string, own: string): boolean {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::\d{1,5})?$/.exec(given) ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6;
  const name = plain?.toLowerCase() ?? '';
  return name !== '' && (isIP(name) === 4 || name === 'localhost' || name === own.toLowerCase());
}

function plain(response: ServerResponse, { status, text }: Reply): void {
  send(response, status, { type: 'text/plain', text });
}

function send(
  response: ServerResponse,
  status: number,
  { type, text }: { readonly type: string; readonly text: string },
): void {
  // Node leaves the body out of answers to HEAD.
  response
    .writeHead(status, {
      ...headers,
      'content-type': `${type}; charset=utf-8`,
      'content-length': Buffer.byteLength(text),
    })
    .end(text);
}
