import { Agent, ProxyAgent, request as send } from 'undici';
import type { Dispatcher } from 'undici';
import { messageOf } from '../../lib/errors.ts';
import type { Access, Credentials, TlsSettings } from './access.ts';
import { missingGrant } from './grant.ts';
import { isObject } from './shapes.ts';

export interface ApiRequest {
  /** Default GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the root of the API: `/api/v1/...`, already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Of the body; default `application/json`. For PATCH one of the patch types. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

export interface ApiAnswer {
  readonly status: number;
  /** The parsed JSON; the plain text when it is not JSON. */
  readonly body: unknown;
  /** For people: what was asked and why it failed; empty when the status is 2xx. */
  readonly problem: string;
  readonly retryAfterMs?: number;
}

/** An opened stream, or the answer that refused it. */
export type ApiStream =
  | { readonly status: 200; readonly chunks: AsyncIterable<Uint8Array> }
  | (ApiAnswer & { readonly chunks?: never });

/**
 * Requests to the API server, all over one pool of connections. Both calls reject only when there was no complete answer
 * (unreachable, timeout, reset, aborted), with a message that names method and path; statuses are for the caller. On 401 the
 * credentials are read anew and the request is made once more.
 */
export interface KubeClient {
  readonly server: URL;
  request(request: ApiRequest): Promise<ApiAnswer>;
  /** `idleLimit`: milliseconds without a byte after which reading rejects. Iterate the chunks, or nothing is released. */
  stream(request: ApiRequest & { readonly idleLimit: number }): Promise<ApiStream>;
  /** Ends every request at once. */
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly credentials: Credentials;
  /** Milliseconds to wait for the first byte of an answer, and between bytes of one that is not a stream. Default 30 s. */
  readonly timeout?: number;
  readonly userAgent?: string;
}

export function createKubeClient({
  credentials,
  timeout = 30_000,
  userAgent = 'tidegate',
}: ClientOptions): KubeClient {
  const dispatchers = keepDispatcher(credentials, timeout);

  async function attempt(access: Access, request: ApiRequest, bodyTimeout: number) {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    return send(urlOf(credentials.server, request), {
      method: request.method ?? 'GET',
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...access.headers,
        ...(body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
      },
      body: body ?? null,
      signal: request.signal ?? null,
      dispatcher: dispatchers.forTls(access.tls),
      bodyTimeout,
    });
  }

  async function authorized(request: ApiRequest, bodyTimeout: number): Promise<Dispatcher.ResponseData> {
    const access = await credentials.access();
    const first = await attempt(access, request, bodyTimeout);
    if (first.statusCode !== 401) return first;
    await first.body.dump();
    credentials.refresh(access);
    return attempt(await credentials.access(), request, bodyTimeout);
  }

  return {
    server: credentials.server,
    request: (request) => named(request, async () => readAnswer(request, await authorized(request, timeout))),
    stream: (request) =>
      named(request, async () => {
        const response = await authorized(request, request.idleLimit);
        if (response.statusCode !== 200) return readAnswer(request, response);
        return { status: 200, chunks: response.body };
      }),
    close: () => dispatchers.close(),
  };
}

/**
 * HTTP/1.1 on purpose: over HTTP/2 every watch and write would share one connection, and with it its death. Idle connections
 * are kept for less than the 90 s after which a Go server closes them.
 */
function keepDispatcher(credentials: Credentials, timeout: number) {
  const all = new Set<Dispatcher>();
  let current: { readonly tls: TlsSettings; readonly dispatcher: Dispatcher } | undefined;

  function create(tls: TlsSettings): Dispatcher {
    const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000 };
    const options = { allowH2: false, headersTimeout: timeout, keepAliveTimeout: 30_000 };
    return credentials.proxy === undefined
      ? new Agent({ ...options, connect })
      : new ProxyAgent({ ...options, uri: credentials.proxy.href, requestTls: connect });
  }

  return {
    /** A new one only when the certificates changed: `tls` is compared by identity. */
    forTls(tls: TlsSettings): Dispatcher {
      if (current?.tls === tls) return current.dispatcher;
      const previous = current?.dispatcher;
      current = { tls, dispatcher: create(tls) };
      all.add(current.dispatcher);
      // Running watches may end on the old connections.
      previous?.close().then(
        () => all.delete(previous),
        () => all.delete(previous),
      );
      return current.dispatcher;
    },
    async close(): Promise<void> {
      await Promise.all([...all].map((dispatcher) => dispatcher.destroy()));
    },
  };
}

function urlOf(server: URL, { path, query }: ApiRequest): string {
  const base = server.pathname.endsWith('/') ? server.pathname.slice(0, -1) : server.pathname;
  const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;
  return `${server.origin}${base}${path}${search}`;
}

async function readAnswer(request: ApiRequest, response: Dispatcher.ResponseData): Promise<ApiAnswer> {
  const text = await response.body.text();
  const status = response.statusCode;
  const body = parseOr(text);
  const retryAfterMs = retryAfter(response.headers['retry-after']);
  const problem = status >= 200 && status < 300 ? '' : problemOf(request, status, body);
  return { status, body, problem, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function problemOf(request: ApiRequest, status: number, body: unknown): string {
  const grant = status === 403 ? missingGrant(request) : '';
  return `${label(request)}: ${status} ${reasonIn(body)}${grant === '' ? '' : `; ${grant}`}`;
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The message of a Status object, else the start of whatever came. */
function reasonIn(body: unknown): string {
  const message = isObject(body) ? body['message'] : body;
  return typeof message === 'string' ? message.slice(0, 300).trim() : '';
}

/** Seconds or an HTTP date. */
function retryAfter(header: string | string[] | undefined): number | undefined {
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined) return undefined;
  const seconds = Number(value);
  const milliseconds = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

async function named<T>(request: ApiRequest, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new Error(`${label(request)}: ${messageOf(error)}`, { cause: error });
  }
}

function label({ method = 'GET', path }: ApiRequest): string {
  return `${method} ${path}`;
}
