/** Where the objects of a benchmark are kept: an API server in memory, or a real one. */
import { setTimeout } from 'node:timers/promises';
import { createKubeClient } from '../src/source/kube/client.ts';
import type { ApiRequest, KubeClient } from '../src/source/kube/client.ts';
import { loadCredentials } from '../src/source/kube/credentials.ts';
import { collectionPath, objectPath } from '../src/source/kube/kinds.ts';
import type { Kind } from '../src/source/objects.ts';
import { silentLogger } from '../src/lib/log.ts';
import type { FakeObject } from '../src/testing/fake-api/store.ts';
import { namespace } from '../src/testing/harness/cluster.ts';
import type { Stage, StartOptions } from '../src/testing/harness/stage.ts';

/** What is answered may be a promise, which nobody has to wait for. */
export interface Objects {
  create(object: FakeObject): unknown;
  update(object: FakeObject): unknown;
  /** @param key `namespace/name`. */
  delete(kind: Kind, key: string): unknown;
  get(kind: Kind, key: string): unknown;
}

export interface ObjectServer {
  readonly objects: Objects;
  /** How the program finds it. */
  readonly start: Pick<StartOptions, 'api' | 'kubeconfig'>;
  close(): Promise<void>;
}

export async function serverInMemory(stage: Stage): Promise<ObjectServer> {
  const api = await stage.api();
  return { objects: api, start: { api }, close: async () => undefined };
}

const TEAMS = Array.from({ length: 50 }, (_, team) => `team-${team}`);

/**
 * The server of `$KUBECONFIG`, with the namespaces that the benchmark uses, which are deleted at the end.
 * @throws when somebody's controller may be there already.
 */
export async function realServer(): Promise<ObjectServer> {
  const kubeconfig = process.env['KUBECONFIG'] ?? '';
  if (kubeconfig === '')
    throw new Error(
      'KUBECONFIG names no cluster; for one of its own: eval "$(../shared/cluster/up control-plane)"',
    );
  const credentials = await loadCredentials({
    apiserverHost: '',
    kubeconfig,
    certificateAuthority: '',
    log: silentLogger,
  });
  const client = createKubeClient({ credentials });
  const objects = realObjects(client);
  if ((await objects.get('IngressClass', 'nginx')) !== undefined)
    throw new Error(
      'the cluster has an IngressClass "nginx"; the benchmark is for clusters that nobody uses',
    );
  for (const name of TEAMS) await objects.create(namespace(name));
  return {
    objects,
    start: { kubeconfig },
    async close() {
      await objects.delete('IngressClass', 'nginx');
      await objects.delete('Pod', 'default/controller');
      for (const name of TEAMS) await objects.delete('Namespace', name);
      await client.close();
    },
  };
}

interface RealObjects extends Objects {
  delete(kind: Kind, key: string): Promise<unknown>;
  get(kind: Kind, key: string): Promise<unknown>;
}

function realObjects(client: KubeClient): RealObjects {
  const pathOf = (kind: Kind, key: string) => {
    const [name = '', namespace = ''] = key.split('/').toReversed();
    return objectPath({ kind, namespace, name });
  };
  return {
    create: (object) => {
      const { namespace = '' } = object.metadata;
      const path = collectionPath(object.kind as Kind, namespace);
      return ask(client, { method: 'POST', path, body: asWritten(object) });
    },
    update: (object) => {
      const { namespace = '', name } = object.metadata;
      const path = pathOf(object.kind as Kind, `${namespace}/${name}`);
      return ask(client, { method: 'PUT', path, body: asWritten(object) });
    },
    delete: (kind, key) => ask(client, { method: 'DELETE', path: pathOf(kind, key) }),
    async get(kind, key) {
      const { status, body } = await client.request({ path: pathOf(kind, key) });
      return status === 200 ? body : undefined;
    },
  };
}

/** Without what the server chooses. */
function asWritten({ metadata, ...rest }: FakeObject): object {
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...own } = metadata;
  const { spec } = rest as { readonly spec?: object };
  const { clusterIP: _address, ...free } = (spec ?? {}) as Readonly<Record<string, unknown>>;
  return { ...rest, metadata: own, ...(spec === undefined ? {} : { spec: free }) };
}

/** @throws with the words of the server. */
async function ask(client: KubeClient, request: ApiRequest): Promise<unknown> {
  for (;;) {
    const { status, body, problem, retryAfterMs = 1000 } = await client.request(request);
    if (status < 300) return body;
    if (status !== 429) throw new Error(problem);
    await setTimeout(retryAfterMs);
  }
}
