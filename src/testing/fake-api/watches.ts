import type { ServerResponse } from 'node:http';
import { statusText } from './answers.ts';
import type { SeenRequest } from './faults.ts';
import { inScope } from './lists.ts';
import { apiVersionOf } from './resources.ts';
import type { FakeKind, Target } from './resources.ts';
import { compileSelector } from './selectors.ts';
import type { Change, FakeObject, Store } from './store.ts';
import { fullText } from './store.ts';

export interface Watches {
  open(target: Target, request: SeenRequest, response: ServerResponse): void;
  deliver(kind: FakeKind, change: Change): void;
  /** To watches that asked for them. */
  bookmark(kind: FakeKind | undefined): void;
  /** As it is, without a newline of its own. */
  sendText(kind: FakeKind | undefined, text: string): void;
  sendError(kind: FakeKind | undefined, code: number): void;
  /** The clean end of a chunked body. */
  end(kind: FakeKind | undefined): void;
  reset(kind: FakeKind | undefined): void;
  /** Open, but silent for ever. */
  stall(kind: FakeKind | undefined): void;
  count(kind: FakeKind | undefined): number;
}

interface Watch {
  readonly target: Target;
  readonly response: ServerResponse;
  readonly wanted: (object: FakeObject) => boolean;
  readonly bookmarks: boolean;
  stalled: boolean;
}

export function createWatches(store: Store): Watches {
  const watches = new Set<Watch>();

  function of(kind: FakeKind | undefined): readonly Watch[] {
    return [...watches].filter(({ target }) => kind === undefined || target.kind === kind);
  }

  function each(kind: FakeKind | undefined, act: (watch: Watch) => void): void {
    for (const watch of of(kind)) act(watch);
  }

  return {
    open: (target, request, response) => admit(store, watches, { target, request, response }),
    deliver: (kind, change) => each(kind, (watch) => sendChange(watch, change)),
    bookmark: (kind) =>
      each(kind, (watch) => {
        if (watch.bookmarks) send(watch, bookmarkText(watch.target.kind, store.version()));
      }),
    sendText: (kind, text) => each(kind, (watch) => sendText(watch, text)),
    sendError: (kind, code) => each(kind, (watch) => send(watch, errorText(code))),
    end: (kind) =>
      each(kind, (watch) => {
        watches.delete(watch);
        watch.response.end();
      }),
    reset: (kind) =>
      each(kind, (watch) => {
        watches.delete(watch);
        watch.response.socket?.resetAndDestroy();
      }),
    stall: (kind) =>
      each(kind, (watch) => {
        watch.stalled = true;
      }),
    count: (kind) => of(kind).length,
  };
}

interface WatchRequest {
  readonly target: Target;
  readonly request: SeenRequest;
  readonly response: ServerResponse;
}

function admit(store: Store, watches: Set<Watch>, { target, request, response }: WatchRequest): void {
  const { query } = request;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const watch: Watch = {
    target,
    response,
    wanted: compileSelector(query['labelSelector'] ?? '', query['fieldSelector'] ?? ''),
    bookmarks: query['allowWatchBookmarks'] === 'true',
    stalled: false,
  };
  if (!sendHistory(store, watch, query['resourceVersion'] ?? '')) return;
  watches.add(watch);
  const expire = () => {
    watches.delete(watch);
    response.end();
  };
  const limit = setTimeout(expire, Number(query['timeoutSeconds'] ?? 1800) * 1000);
  response.once('close', () => {
    clearTimeout(limit);
    watches.delete(watch);
  });
}

/** False when the version is too old: like the watch cache, the server says so in the stream and ends it. */
function sendHistory(store: Store, watch: Watch, version: string): boolean {
  if (version === '' || version === '0') {
    for (const now of store.all(watch.target.kind)) {
      sendChange(watch, { version: now.version, type: 'ADDED', now, before: undefined });
    }
    return true;
  }
  const changes = store.changesSince(watch.target.kind, Number(version));
  if (changes === undefined) {
    send(watch, errorText(410));
    watch.response.end();
    return false;
  }
  for (const change of changes) sendChange(watch, change);
  return true;
}

/** A change that moves an object into or out of a selector is an addition or a deletion to that watch. */
function sendChange(watch: Watch, { type, now, before }: Change): void {
  if (!inScope(watch.target, now.object)) return;
  const was = before !== undefined && watch.wanted(before.object);
  const is = type !== 'DELETED' && watch.wanted(now.object);
  if (!was && !is) return;
  const seen = is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED';
  send(watch, `{"type":"${seen}","object":${fullText(now)}}`);
}

function send(watch: Watch, line: string): void {
  sendText(watch, `${line}\n`);
}

function sendText({ response, stalled }: Watch, text: string): void {
  if (!stalled) response.write(text);
}

function bookmarkText(kind: FakeKind, version: number): string {
  const object = { kind, apiVersion: apiVersionOf(kind), metadata: { resourceVersion: String(version) } };
  return JSON.stringify({ type: 'BOOKMARK', object });
}

function errorText(code: number): string {
  const message = code === 410 ? 'too old resource version' : `injected error ${code}`;
  return `{"type":"ERROR","object":${statusText(code, message)}}`;
}
