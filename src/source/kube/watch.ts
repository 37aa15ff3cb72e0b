import { keyOf } from '../../lib/keys.ts';
import type { Kind, KubeObject, ObjectKey } from '../objects.ts';
import { messageOf } from '../../lib/errors.ts';
import { failureOfStatus } from './failure.ts';
import type { Failure } from './failure.ts';
import { createLineSplitter } from './lines.ts';
import type { Collection } from './pages.ts';
import { isObject } from './shapes.ts';
import { slim } from './slim.ts';

/**
 * What a watch brings. `version` is where a later watch goes on; empty when the event did not say. `open` comes first, unless the
 * server refused; `end` comes last, always.
 */
export type WatchItem =
  | { readonly type: 'open' }
  | { readonly type: 'put'; readonly object: KubeObject; readonly version: string }
  | { readonly type: 'remove'; readonly key: ObjectKey; readonly version: string }
  | { readonly type: 'bookmark'; readonly version: string }
  | { readonly type: 'end'; readonly failure: Failure };

export interface WatchStart {
  readonly version: string;
  readonly timeoutSeconds: number;
  readonly idleLimit: number;
}

/**
 * One watch request. Never throws: every way to end is an item, so what a consumer throws cannot be mistaken for a failure of
 * the connection. Items of one chunk come together.
 */
export async function* watchFrom(
  collection: Collection,
  start: WatchStart,
): AsyncGenerator<readonly WatchItem[]> {
  const { client, path, signal, kind } = collection;
  const query = {
    ...collection.query,
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: start.version,
    timeoutSeconds: String(start.timeoutSeconds),
  };
  try {
    const stream = await client.stream({ path, query, signal, idleLimit: start.idleLimit });
    if (stream.chunks === undefined) {
      const { status, problem, retryAfterMs } = stream;
      const told = retryAfterMs === undefined ? {} : { retryAfterMs };
      yield [end({ reason: failureOfStatus(status), message: problem, status, ...told })];
      return;
    }
    collection.heard();
    yield [{ type: 'open' }];
    const split = createLineSplitter();
    for await (const chunk of stream.chunks) {
      collection.heard();
      const items = parseLines(kind, split(chunk));
      yield items;
      if (items.at(-1)?.type === 'end') return;
    }
    // A half line that is left here was never an event; the server sends that event again.
    yield [end({ reason: 'ended', message: `GET ${path}: the server closed the watch` })];
  } catch (error) {
    yield [end({ reason: 'ended', message: messageOf(error) })];
  }
}

/** Up to the first line that ends the watch. */
function parseLines(kind: Kind, lines: readonly string[]): readonly WatchItem[] {
  const items: WatchItem[] = [];
  for (const line of lines) {
    const item = parseEvent(kind, line);
    if (item !== 'nothing') items.push(item);
    if (item !== 'nothing' && item.type === 'end') break;
  }
  return items;
}

/** One line of a watch. Whatever is not understood ends it, because an event may never be skipped in silence. */
export function parseEvent(kind: Kind, line: string): WatchItem | 'nothing' {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return broken(kind, `a line that is not JSON: ${line.slice(0, 100)}`);
  }
  if (!isObject(event)) return broken(kind, `an event that is not an object: ${line.slice(0, 100)}`);
  const version = versionOf(event['object']);
  if (isOfAnotherKind(kind, event)) return broken(kind, 'an event with an object of another kind');
  switch (event['type']) {
    case 'ADDED':
    case 'MODIFIED': {
      const object = slim(kind, event['object']);
      if (object === 'nameless') return broken(kind, 'an event with an object without a name');
      return object === 'unwanted' ? bookmark(version) : { type: 'put', object, version };
    }
    case 'DELETED': {
      const object = slim(kind, event['object']);
      if (object === 'nameless') return broken(kind, 'an event with an object without a name');
      return object === 'unwanted'
        ? bookmark(version)
        : { type: 'remove', key: keyOf(object.metadata), version };
    }
    case 'BOOKMARK':
      return bookmark(version);
    case 'ERROR':
      return errorEvent(kind, event['object']);
    default:
      return broken(kind, `an event of the unknown type ${JSON.stringify(event['type'])}`);
  }
}

/** Only an error comes as something else. */
function isOfAnotherKind(kind: Kind, event: Readonly<Record<string, unknown>>): boolean {
  const { type, object } = event;
  return type !== 'ERROR' && isObject(object) && object['kind'] !== undefined && object['kind'] !== kind;
}

function bookmark(version: string): WatchItem | 'nothing' {
  return version === '' ? 'nothing' : { type: 'bookmark', version };
}

function errorEvent(kind: Kind, status: unknown): WatchItem {
  const code = isObject(status) && typeof status['code'] === 'number' ? status['code'] : 0;
  const message = isObject(status) ? String(status['message'] ?? '') : '';
  return code === 410
    ? end({ reason: 'gone', message: `watch of ${kind}: 410 ${message}`, status: code })
    : broken(kind, `an ERROR event ${code} ${message}`);
}

function broken(kind: Kind, what: string): WatchItem {
  return end({ reason: 'broken', message: `watch of ${kind}: ${what}` });
}

function end(failure: Failure): WatchItem {
  return { type: 'end', failure };
}

function versionOf(object: unknown): string {
  const metadata = isObject(object) ? object['metadata'] : undefined;
  const version = isObject(metadata) ? metadata['resourceVersion'] : undefined;
  return typeof version === 'string' ? version : '';
}
