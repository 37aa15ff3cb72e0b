import type { ServerResponse } from 'node:http';
import { sendJson, sendStatus } from './answers.ts';
import type { SeenRequest } from './faults.ts';
import { apiVersionOf } from './resources.ts';
import type { Target } from './resources.ts';
import { compileSelector } from './selectors.ts';
import type { Store, Stored } from './store.ts';

export interface Lists {
  answer(target: Target, request: SeenRequest, response: ServerResponse): void;
  /** Every continue token given out so far gets 410. */
  expireTokens(): void;
}

/** The pages of one list all show the moment of its first page. */
interface Snapshot {
  readonly version: number;
  readonly items: readonly Stored[];
}

export function createLists(store: Store): Lists {
  let snapshots = new Map<string, Snapshot>();
  let serial = 0;

  function begin(target: Target, { query }: SeenRequest): Snapshot {
    const wanted = compileSelector(query['labelSelector'] ?? '', query['fieldSelector'] ?? '');
    const items = store.all(target.kind).filter(({ object }) => inScope(target, object) && wanted(object));
    return { version: store.version(), items };
  }

  function keep(snapshot: Snapshot): string {
    serial += 1;
    snapshots.set(String(serial), snapshot);
    return String(serial);
  }

  return {
    answer: (target, request, response) => {
      const [id = '', from = '0'] = (request.query['continue'] ?? '').split('.');
      const snapshot = id === '' ? begin(target, request) : snapshots.get(id);
      if (snapshot === undefined) {
        sendStatus(response, 410, 'The provided continue parameter is too old');
        return;
      }
      const start = Number(from);
      const limit = Number(request.query['limit'] ?? 0) || snapshot.items.length;
      const page = snapshot.items.slice(start, start + limit);
      const left = snapshot.items.length - start - page.length;
      const token = left > 0 ? `${id === '' ? keep(snapshot) : id}.${start + limit}` : '';
      if (left <= 0) snapshots.delete(id);
      const metadata = {
        resourceVersion: String(snapshot.version),
        ...(token === '' ? {} : { continue: token, remainingItemCount: left }),
      };
      const items = page.map(({ bare }) => bare).join(',');
      sendJson(
        response,
        200,
        `{"kind":"${target.kind}List","apiVersion":"${apiVersionOf(target.kind)}",` +
          `"metadata":${JSON.stringify(metadata)},"items":[${items}]}`,
      );
    },
    expireTokens: () => {
      snapshots = new Map();
    },
  };
}

/** Whether a path with or without a namespace covers the object. */
export function inScope(
  { namespace }: Pick<Target, 'namespace'>,
  { metadata }: { readonly metadata: { readonly namespace?: string } },
): boolean {
  return namespace === '' || metadata.namespace === namespace;
}
