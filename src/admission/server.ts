/** The HTTPS server of the webhook: bounded in size, number and time; changes nothing. */
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Ingress } from '../source/objects.ts';
import { createBudget } from './budget.ts';
import type { Budget, Lease } from './budget.ts';
import { decodeReview, encodeReview } from './review.ts';
import type { Verdict } from './review.ts';

export interface AdmissionOptions {
  /** Empty: all addresses. */
  readonly host: string;
  readonly port: number;
  readonly certificate: string;
  readonly key: string;
  /** File with the authorities of clients, who must show a certificate then; empty: anybody may ask. */
  readonly clientAuthority: string;
  readonly log: Logger;
  readonly judge: (candidate: Ingress) => Promise<Verdict>;
  /** The object as the sync would see it, or null when it is not an Ingress at all. */
  readonly readIngress: (raw: unknown) => Ingress | null;
  /** Bytes of bodies that are held at once; default 24 MiB. */
  readonly bodyBudget?: number;
  /** Milliseconds between two looks at the certificate files; default 10 s. */
  readonly reloadInterval?: number;
}

export interface AdmissionServer {
  readonly port: number;
  /** Bytes of bodies that are held now. */
  held(): number;
  /** Goes on answering, but keeps no connection any more. */
  drain(): void;
  /** Lets reviews under way finish. */
  close(): Promise<void>;
}

/** An object of the API server has 1.5 MiB at most; a review holds two. */
const MAX_BODY = 3 * 2 ** 20;
/** Of all bodies together; text and parsed object take a multiple of it. */
const BUDGET = 24 * 2 ** 20;
/** Milliseconds that a body waits for room before it gets 503. */
const PATIENCE = 1000;
/** Reviews under way at once; the API server waits, and retries by itself. */
const MAX_RUNNING = 8;
/** An API server has few; each may make us hold a body. */
const MAX_CONNECTIONS = 64;
/** Milliseconds; the API server gives up after 10 s by default. */
const DEADLINE = 8000;
/** Milliseconds between two looks at the certificate files. */
const RELOAD_INTERVAL = 10_000;

// Without an interval of its own, deadlines are looked at every half minute only.
const LIMITS = { minVersion: 'TLSv1.2', connectionsCheckingInterval: 1000 } as const;

export async function startAdmissionServer(options: AdmissionOptions): Promise<AdmissionServer> {
  const parts: Parts = {
    ...options,
    gate: createGate(MAX_RUNNING),
    budget: createBudget({ bytes: options.bodyBudget ?? BUDGET, patience: PATIENCE }),
  };
  const files = await readFiles(options);
  let draining = false;
  const isKnownOnly = options.clientAuthority !== '';
  const tls = { ...files, ...LIMITS, requestCert: isKnownOnly, rejectUnauthorized: isKnownOnly };
  const server = createServer(tls, (request, response) => {
    if (draining) response.shouldKeepAlive = false;
    answer(parts, request, response).catch((error: unknown) => {
      options.log.error('admission review failed', { reason: messageOf(error) });
      finish(response, 500);
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.headersTimeout = DEADLINE;
  server.requestTimeout = DEADLINE;
  await listen(server, options);
  const stopping = new AbortController();
  const watching = followFiles(server, options, stopping.signal);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    held: parts.budget.held,
    drain() {
      draining = true;
    },
    async close() {
      stopping.abort();
      await watching;
      draining = true;
      await end(server);
    },
  };
}

async function end(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = setTimeout(DEADLINE, undefined, { ref: false });
  await Promise.race([closed, late]);
  server.closeAllConnections();
  await closed;
}

function listen(server: Server, options: AdmissionOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    if (options.host === '') server.listen(options.port, resolve);
    else server.listen(options.port, options.host, resolve);
  });
}

async function readFiles({ certificate, key, clientAuthority }: AdmissionOptions) {
  const ca = clientAuthority === '' ? {} : { ca: await readFile(clientAuthority) };
  return { cert: await readFile(certificate), key: await readFile(key), ...ca };
}

/** Mounted Secrets change by symbolic links, so the times of the targets are compared. */
async function followFiles(server: Server, options: AdmissionOptions, signal: AbortSignal): Promise<void> {
  let seen = await timesOf(options);
  while (!signal.aborted) {
    await setTimeout(options.reloadInterval ?? RELOAD_INTERVAL, undefined, { signal }).catch(() => undefined);
    const now = await timesOf(options);
    if (signal.aborted || now === seen) continue;
    try {
      server.setSecureContext(await readFiles(options));
      seen = now;
      options.log.info('the certificate of the admission webhook was reloaded');
    } catch (error) {
      options.log.error('the new certificate of the admission webhook cannot be used; the old one stays', {
        reason: messageOf(error),
      });
      seen = now;
    }
  }
}

async function timesOf({ certificate, key, clientAuthority }: AdmissionOptions): Promise<string> {
  const times = await Promise.all(
    [certificate, key, clientAuthority].map((path) =>
      stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return times.join(' ');
}

interface Parts extends AdmissionOptions {
  readonly gate: <T>(action: () => Promise<T>) => Promise<T>;
  readonly budget: Budget;
}

async function answer(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const end = performance.now() + DEADLINE;
  const lease = parts.budget.open();
  try {
    const body = await readBody(request, lease);
    if (typeof body === 'number') return finish(response, body);
    await parts.gate(async () => {
      // Whoever has gone needs no answer.
      if (!response.destroyed) await review(parts, { body, end }, response);
    });
  } finally {
    lease.release();
  }
}

async function review(
  { readIngress, judge, log }: Parts,
  { body, end }: { readonly body: string; readonly end: number },
  response: ServerResponse,
): Promise<void> {
  const decoded = decodeReview(body);
  if (decoded.kind === 'status') return finish(response, decoded.status);
  const candidate = readIngress(decoded.review.object);
  const verdict =
    candidate === null
      ? { allowed: false, message: 'the review holds no Ingress object', warnings: [] }
      : await withDeadline(judge(candidate), end);
  if (candidate !== null && !verdict.allowed) {
    const { namespace, name } = candidate.metadata;
    log.info('Ingress refused by the admission webhook', {
      ingress: `${namespace}/${name}`,
      reason: verdict.message,
    });
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(encodeReview(decoded.review, verdict));
}

/** The body, or the status that it gets. */
async function readBody(request: IncomingMessage, lease: Lease): Promise<string | 413 | 503> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) return 413;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > MAX_BODY) return 413;
    if (!(await lease.take(bytes.length))) return 503;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function finish(response: ServerResponse, status: number): void {
  if (response.headersSent) response.destroy();
  else
    response
      .writeHead(status, { connection: 'close', ...(status === 503 ? { 'retry-after': '1' } : {}) })
      .end();
}

async function withDeadline(verdict: Promise<Verdict>, end: number): Promise<Verdict> {
  const timer = new AbortController();
  const late = setTimeout(Math.max(0, end - performance.now()), null, { signal: timer.signal }).catch(
    () => null,
  );
  const result = await Promise.race([verdict, late]).finally(() => timer.abort());
  return result ?? { allowed: false, message: 'the check took too long; please try again', warnings: [] };
}

/** Runs at most `limit` actions at once, the others in order of arrival. */
function createGate(limit: number): <T>(action: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (action) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    running++;
    try {
      return await action();
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
}
