/** All objects that matter: of folders with manifests, or of a live cluster, read once. */
import { createStores } from '../cluster/stores.ts';
import type { Snapshot } from '../cluster/snapshot.ts';
import type { Options } from '../config/flags/table.ts';
import { keyOf } from '../lib/keys.ts';
import { silentLogger } from '../lib/log.ts';
import { describeFault } from '../source/files/placed.ts';
import { readManifests } from '../source/files/read.ts';
import { createKubeClient } from '../source/kube/client.ts';
import { loadCredentials } from '../source/kube/credentials.ts';
import { collectionPath, kindTable, selectorsOf } from '../source/kube/kinds.ts';
import { listAll } from '../source/kube/pages.ts';
import { usualKinds } from '../source/kube/source.ts';
import type { Kind } from '../source/objects.ts';

export interface ReadObjects {
  readonly snapshot: Snapshot;
  /** For people. */
  readonly source: string;
  readonly gaps: readonly string[];
  /** `file:line`; empty when it is in no file. */
  readonly placeOf: (kind: string, key: string, field: string) => string;
}

/** @throws when the folders or the cluster cannot be read at all. */
export function readObjects(options: Options): Promise<ReadObjects> {
  return options.manifests.length > 0 ? ofManifests(options.manifests) : ofCluster(options);
}

async function ofManifests(folders: readonly string[]): Promise<ReadObjects> {
  const { objects, faults } = await readManifests(folders);
  const stores = createStores(() => undefined);
  for (const { object } of objects) stores.put(object);
  const origins = new Map(
    objects.map(({ object, origin }) => [`${object.kind} ${keyOf(object.metadata)}`, origin]),
  );
  return {
    snapshot: stores.snapshot(),
    source: folders.join(', '),
    gaps: faults.map(describeFault),
    placeOf(kind, key, field) {
      const origin = origins.get(`${kind} ${key}`);
      return origin === undefined ? '' : `${origin.file}:${origin.lineOf(field)}`;
    },
  };
}

const KINDS: readonly Kind[] = [...usualKinds, 'Namespace'];

async function ofCluster(options: Options): Promise<ReadObjects> {
  const credentials = await loadCredentials({ ...options, log: silentLogger });
  const client = createKubeClient({ credentials });
  const stores = createStores(() => undefined);
  const gaps: string[] = [];
  try {
    for (const kind of KINDS) {
      const listed = await listAll({
        client,
        kind,
        path: collectionPath(kind, options.watchNamespace),
        query: selectorsOf(kind),
        pageSize: 500,
        signal: AbortSignal.timeout(120_000),
        heard: () => undefined,
      });
      if ('reason' in listed) {
        // Without these there is nothing to say.
        if (kind === 'Ingress') throw new Error(listed.message);
        gaps.push(`${kindTable[kind].plural} (${listed.message})`);
        stores.replace(kind, []);
      } else stores.replace(kind, listed.objects);
    }
    return {
      snapshot: stores.snapshot(),
      source: `the cluster ${client.server.href}`,
      gaps,
      placeOf: () => '',
    };
  } finally {
    await client.close();
  }
}
