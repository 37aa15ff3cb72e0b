import { setImmediate } from 'node:timers/promises';
import type { Kind, KubeObject } from '../objects.ts';
import { messageOf } from '../../lib/errors.ts';
import type { KubeClient } from './client.ts';
import { failureOfStatus } from './failure.ts';
import type { Failure } from './failure.ts';
import { isObject } from './shapes.ts';
import { slim } from './slim.ts';

/** What is listed. */
export interface Source {
  readonly client: KubeClient;
  readonly kind: string;
  readonly path: string;
  /** Selectors, for list and watch alike. */
  readonly query: Readonly<Record<string, string>>;
  readonly pageSize: number;
  readonly signal?: AbortSignal;
}

/** One collection to list and watch. */
export interface Collection extends Source {
  readonly kind: Kind;
  readonly signal: AbortSignal;
  /** Called whenever the server was heard. */
  readonly heard: () => void;
}

export interface Listed {
  readonly objects: readonly KubeObject[];
  /** From where to watch. */
  readonly version: string;
}

interface Page {
  readonly items: readonly unknown[];
  readonly version: string;
  /** Empty on the last page. */
  readonly next: string;
}

/**
 * Reads the whole collection in pages, slimming while it reads, and lets the event loop run between pages. Never rejects; an
 * error on any page, an expired continue token included, ends the list: a list is used complete or not at all.
 */
export async function listAll(collection: Collection): Promise<Listed | Failure> {
  const objects: KubeObject[] = [];
  let version = '';
  for await (const page of pagesOf(collection)) {
    if ('reason' in page) return page;
    collection.heard();
    if (!page.items.every((item) => keep(collection, objects, item)))
      return { reason: 'broken', message: `GET ${collection.path}: the list holds an object without a name` };
    version = page.version;
    await setImmediate();
  }
  return { objects, version };
}

/** One page after the other, as they are; ends with a failure. */
export async function* pagesOf(source: Source): AsyncGenerator<Page | Failure, void, undefined> {
  let next = '';
  do {
    const page = await fetchPage(source, next);
    yield page;
    next = 'reason' in page ? '' : page.next;
  } while (next !== '');
}

async function fetchPage(source: Source, next: string): Promise<Page | Failure> {
  const { client, kind, path, signal, pageSize } = source;
  // Without a resourceVersion the server answers with its newest state.
  const query = {
    ...source.query,
    limit: String(pageSize),
    ...(next === '' ? {} : { continue: next }),
  };
  try {
    const request = { path, query, ...(signal === undefined ? {} : { signal }) };
    const { status, problem, body, retryAfterMs } = await client.request(request);
    if (status !== 200) {
      const told = retryAfterMs === undefined ? {} : { retryAfterMs };
      return { reason: failureOfStatus(status), message: problem, status, ...told };
    }
    return readPage(kind, body) ?? { reason: 'broken', message: `GET ${path}: the answer is no ${kind}List` };
  } catch (error) {
    return { reason: 'ended', message: messageOf(error) };
  }
}

function readPage(kind: string, body: unknown): Page | undefined {
  // Whatever else has a version and no items would be taken for an empty cluster.
  if (!isObject(body) || body['kind'] !== `${kind}List` || !isObject(body['metadata'])) return undefined;
  // An empty Go slice may come as null.
  const items = body['items'] ?? [];
  const { resourceVersion, continue: next } = body['metadata'];
  if (!Array.isArray(items) || typeof resourceVersion !== 'string' || resourceVersion === '') {
    return undefined;
  }
  return { items, version: resourceVersion, next: typeof next === 'string' ? next : '' };
}

/** False for what nothing could refer to: an object would be missing without it. */
function keep({ kind }: Collection, objects: KubeObject[], item: unknown): boolean {
  const slimmed = slim(kind, item);
  if (slimmed === 'nameless') return false;
  if (slimmed !== 'unwanted') objects.push(slimmed);
  return true;
}
