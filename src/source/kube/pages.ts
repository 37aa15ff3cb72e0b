import { setImmediate } from 'node:timers/promises';
import type { Logger } from '../../lib/log.ts';
import type { Kind, KubeObject } from '../objects.ts';
import { messageOf } from '../../lib/errors.ts';
import type { KubeClient } from './client.ts';
import { failureOfStatus } from './failure.ts';
import type { Failure } from './failure.ts';
import { isObject } from './shapes.ts';
import { slim } from './slim.ts';

/** One collection to list and watch. */
export interface Collection {
  readonly client: KubeClient;
  readonly kind: Kind;
  readonly path: string;
  /** Selectors, for list and watch alike. */
  readonly query: Readonly<Record<string, string>>;
  readonly pageSize: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
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
  let next = '';
  for (;;) {
    const page = await fetchPage(collection, next);
    if ('reason' in page) return page;
    collection.heard();
    for (const item of page.items) keep(collection, objects, item);
    if (page.next === '') return { objects, version: page.version };
    next = page.next;
    await setImmediate();
  }
}

async function fetchPage(collection: Collection, next: string): Promise<Page | Failure> {
  const { client, path, signal, pageSize } = collection;
  // Without a resourceVersion the server answers with its newest state.
  const query = {
    ...collection.query,
    limit: String(pageSize),
    ...(next === '' ? {} : { continue: next }),
  };
  try {
    const { status, problem, body, retryAfterMs } = await client.request({ path, query, signal });
    if (status !== 200) {
      const told = retryAfterMs === undefined ? {} : { retryAfterMs };
      return { reason: failureOfStatus(status), message: problem, status, ...told };
    }
    return readPage(body) ?? { reason: 'broken', message: `GET ${path}: the answer is not a list` };
  } catch (error) {
    return { reason: 'ended', message: messageOf(error) };
  }
}

function readPage(body: unknown): Page | undefined {
  if (!isObject(body) || !isObject(body['metadata'])) return undefined;
  // An empty Go slice may come as null.
  const items = body['items'] ?? [];
  const { resourceVersion, continue: next } = body['metadata'];
  if (!Array.isArray(items) || typeof resourceVersion !== 'string' || resourceVersion === '') {
    return undefined;
  }
  return { items, version: resourceVersion, next: typeof next === 'string' ? next : '' };
}

function keep({ kind, log }: Collection, objects: KubeObject[], item: unknown): void {
  const slimmed = slim(kind, item);
  if (slimmed === 'nameless') log.warn('left out a listed object without a name', { kind });
  else if (slimmed !== 'unwanted') objects.push(slimmed);
}
