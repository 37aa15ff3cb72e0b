import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { sendJson, sendStatus } from './answers.ts';
import { makeCertificate } from './certificate.ts';
import type { ServerCertificate } from './certificate.ts';
import { createFaults } from './faults.ts';
import type { Fault, Faults, SeenRequest, Verb } from './faults.ts';
import { createLists } from './lists.ts';
import type { Lists } from './lists.ts';
import { parsePath } from './resources.ts';
import type { FakeKind, Target } from './resources.ts';
import { createStore, keyOf } from './store.ts';
import type { FakeObject, Store } from './store.ts';
import { createWatches } from './watches.ts';
import type { Watches } from './watches.ts';
import { answerWrite, sendObject } from './writes.ts';

export interface FakeApiOptions {
  /** With its own new certificate, see `FakeApi.ca`. Default `http`. */
  readonly protocol?: 'http' | 'https';
  /** Requests must carry it; undefined: everyone may. */
  readonly token?: string;
}

export interface FakeApiCounts {
  /** TCP connections accepted since the start. */
  readonly connections: number;
  readonly openConnections: number;
  readonly requests: number;
}

/** An API server in memory. Methods that take a kind act on all kinds without one. */
export interface FakeApi {
  readonly url: string;
  readonly port: number;
  /** PEM of the authority; empty for http. */
  readonly ca: string;
  /** All methods that change objects throw when the object does (create) or does not (update, delete) exist. */
  create<T extends FakeObject>(object: T): FakeObject;
  update<T extends FakeObject>(object: T): FakeObject;
  /** `key` is `namespace/name` or `name`. */
  delete(kind: FakeKind, key: string): void;
  get(kind: FakeKind, key: string): FakeObject | undefined;
  list(kind: FakeKind): readonly FakeObject[];
  /** The newest resourceVersion. */
  version(): string;
  bookmark(kind?: FakeKind): void;
  sendLine(kind: FakeKind, text: string): void;
  /** The start of a line. */
  sendPart(kind: FakeKind, text: string): void;
  sendError(kind: FakeKind, code: number): void;
  closeWatches(kind?: FakeKind): void;
  resetWatches(kind?: FakeKind): void;
  stallWatches(kind?: FakeKind): void;
  openWatches(kind?: FakeKind): number;
  compact(): void;
  expireContinueTokens(): void;
  fail(fault: Fault): void;
  clearFaults(): void;
  setToken(token: string | undefined): void;
  /** Hears every request, also those that get a fault or 401, before it is answered. */
  onRequest(listener: ((request: SeenRequest) => void) | undefined): void;
  counts(): FakeApiCounts;
  /** The newest 10,000. */
  requests(): readonly SeenRequest[];
  /** Refuses connections and breaks the existing ones. */
  stopListening(): Promise<void>;
  /** On the same port. */
  listenAgain(): Promise<void>;
  close(): Promise<void>;
}

interface Parts {
  readonly store: Store;
  readonly lists: Lists;
  readonly watches: Watches;
  readonly faults: Faults;
}

/** What changes from test to test and while one runs. */
interface State {
  token: string | undefined;
  listener: ((request: SeenRequest) => void) | undefined;
  readonly seen: SeenRequest[];
  connections: number;
  open: number;
  requests: number;
}

const keptRequests = 10_000;

export async function startFakeApi(options: FakeApiOptions = {}): Promise<FakeApi> {
  const store = createStore((kind, change) => watches.deliver(kind, change));
  const watches = createWatches(store);
  const parts: Parts = { store, watches, lists: createLists(store), faults: createFaults() };
  const state: State = {
    token: options.token,
    listener: undefined,
    seen: [],
    connections: 0,
    open: 0,
    requests: 0,
  };
  const secure = options.protocol === 'https' ? makeCertificate() : undefined;
  const server = createServer(secure, (message, response) => {
    handle(parts, state, { message, response }).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendStatus(response, 500, String(error));
    });
  });
  server.on('connection', (socket) => {
    state.connections += 1;
    state.open += 1;
    socket.once('close', () => (state.open -= 1));
  });
  const port = await listen(server, 0);
  return {
    url: `${secure === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    ca: secure?.certificate ?? '',
    ...objectControls(parts),
    ...streamControls(parts),
    ...requestControls(parts, state),
    stopListening: () => shut(server),
    listenAgain: async () => {
      await listen(server, port);
    },
    close: () => shut(server),
  };
}

function createServer(secure: ServerCertificate | undefined, listener: RequestListener): Server {
  return secure === undefined
    ? createHttpServer(listener)
    : createHttpsServer({ cert: secure.certificate, key: secure.key }, listener);
}

function objectControls({ store }: Parts) {
  return {
    create: (object: FakeObject) => store.create(object),
    update: (object: FakeObject) => store.update(object),
    delete: (kind: FakeKind, key: string) => store.delete(kind, key),
    get: (kind: FakeKind, key: string) => store.get(kind, key)?.object,
    list: (kind: FakeKind) => store.all(kind).map(({ object }) => object),
    version: () => String(store.version()),
    compact: () => store.compact(),
  };
}

function streamControls({ watches, lists }: Parts) {
  return {
    bookmark: (kind?: FakeKind) => watches.bookmark(kind),
    sendLine: (kind: FakeKind, text: string) => watches.sendText(kind, `${text}\n`),
    sendPart: (kind: FakeKind, text: string) => watches.sendText(kind, text),
    sendError: (kind: FakeKind, code: number) => watches.sendError(kind, code),
    closeWatches: (kind?: FakeKind) => watches.end(kind),
    resetWatches: (kind?: FakeKind) => watches.reset(kind),
    stallWatches: (kind?: FakeKind) => watches.stall(kind),
    openWatches: (kind?: FakeKind) => watches.count(kind),
    expireContinueTokens: () => lists.expireTokens(),
  };
}

function requestControls({ faults }: Parts, state: State) {
  return {
    fail: (fault: Fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    setToken: (token: string | undefined) => {
      state.token = token;
    },
    onRequest: (listener: State['listener']) => {
      state.listener = listener;
    },
    counts: () => ({
      connections: state.connections,
      openConnections: state.open,
      requests: state.requests,
    }),
    requests: () => state.seen,
  };
}

async function handle(
  parts: Parts,
  state: State,
  { message, response }: { readonly message: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const { request, target } = await read(message);
  state.requests += 1;
  state.seen.push(request);
  if (state.seen.length > keptRequests) state.seen.splice(0, keptRequests / 2);
  state.listener?.(request);
  const fault = parts.faults.take(request);
  if (fault !== undefined) return answerFault(fault, response);
  if (state.token !== undefined && message.headers.authorization !== `Bearer ${state.token}`) {
    return sendStatus(response, 401, 'Unauthorized');
  }
  return route(parts, { request, target }, response);
}

async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', resolve);
  await promise;
  server.off('error', reject);
  // A server on a TCP port has this form of address.
  return (server.address() as AddressInfo).port;
}

async function shut(server: Server): Promise<void> {
  if (!server.listening) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}

async function read(
  message: IncomingMessage,
): Promise<{ readonly request: SeenRequest; readonly target: Target | undefined }> {
  const url = new URL(message.url ?? '/', 'http://fake');
  const query = Object.fromEntries(url.searchParams);
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const target = parsePath(url.pathname);
  const method = message.method ?? 'GET';
  const request: SeenRequest = {
    verb: verbOf(method, target, query),
    kind: target?.kind,
    method,
    path: url.pathname,
    query,
    contentType: message.headers['content-type'] ?? '',
    body: text === '' ? undefined : JSON.parse(text),
  };
  return { request, target };
}

const writeVerbs: Readonly<Record<string, Verb>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

function verbOf(method: string, target: Target | undefined, query: Readonly<Record<string, string>>): Verb {
  if (target === undefined) return 'other';
  if (method !== 'GET') return writeVerbs[method] ?? 'other';
  if (target.name !== '') return 'get';
  return query['watch'] === 'true' || query['watch'] === '1' ? 'watch' : 'list';
}

function answerFault(fault: Fault, response: ServerResponse): void {
  if (typeof fault.answer === 'function') return fault.answer(response);
  switch (fault.answer) {
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'nonsense':
      sendJson(response, 200, '<html>not an API server</html>');
      return;
    default:
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter);
      sendStatus(response, fault.answer, `injected answer ${fault.answer}`);
  }
}

function route(
  { store, lists, watches }: Parts,
  { request, target }: { readonly request: SeenRequest; readonly target: Target | undefined },
  response: ServerResponse,
): void {
  if (request.path === '/version') {
    return sendJson(
      response,
      200,
      '{"major":"1","minor":"36","gitVersion":"v1.36.0","platform":"linux/amd64"}',
    );
  }
  if (target === undefined)
    return sendStatus(response, 404, 'the server could not find the requested resource');
  switch (request.verb) {
    case 'list':
      return lists.answer(target, request, response);
    case 'watch':
      return watches.open(target, request, response);
    case 'get':
      return sendObject(store, { target, key: keyOf({ metadata: target }) }, response);
    case 'other':
      return sendStatus(response, 405, `${request.method} is not supported`);
    default:
      return answerWrite(store, { target, request }, response);
  }
}
