import { keyOf } from '../lib/keys.ts';
import type { Kind, KubeObject, ObjectKey, ObjectsByKind } from '../source/objects.ts';
import type { Sink } from '../source/sink.ts';
import { createAgeOrder } from './age-order.ts';
import { createSliceIndex } from './slice-index.ts';
import type { Snapshot } from './snapshot.ts';

export interface Stores extends Sink {
  /** A frozen view; costs a copy only of the kinds that changed since the last one. */
  snapshot(): Snapshot;
  /** Whether all of these kinds have been listed at least once. */
  synced(kinds: readonly Kind[]): boolean;
}

/** The kind and key of an object that is new, changed or gone: `Ingress default/web`. */
export type ChangedKey = string;

interface Store<T extends KubeObject> {
  /** Whether anything changed. */
  put(key: ObjectKey, object: T): boolean;
  remove(key: ObjectKey): boolean;
  keys(): Iterable<ObjectKey>;
  /** Unchanged since the last call: the same map. */
  view(): ReadonlyMap<ObjectKey, T>;
}

function createStore<T extends KubeObject>(): Store<T> {
  const objects = new Map<ObjectKey, T>();
  let view: ReadonlyMap<ObjectKey, T> | null = null;
  return {
    put(key, object) {
      const previous = objects.get(key);
      if (previous !== undefined && sameVersion(previous, object)) return false;
      objects.set(key, object);
      view = null;
      return true;
    },
    remove(key) {
      if (!objects.delete(key)) return false;
      view = null;
      return true;
    },
    keys: () => objects.keys(),
    view: () => (view ??= new Map(objects)),
  };
}

type AllStores = { readonly [K in Kind]: Store<ObjectsByKind[K]> };

function createAllStores(): AllStores {
  return {
    Ingress: createStore(),
    IngressClass: createStore(),
    Service: createStore(),
    EndpointSlice: createStore(),
    Secret: createStore(),
    ConfigMap: createStore(),
    Namespace: createStore(),
    Node: createStore(),
    Pod: createStore(),
  };
}

/** @param onChange told once for each object that is new, changed or gone, and with `synced KIND` after a first list. */
export function createStores(onChange: (key: ChangedKey) => void): Stores {
  const stores = createAllStores();
  const synced = new Set<Kind>();
  const slices = createSliceIndex();
  const ages = createAgeOrder();
  let number = 0;

  function put(object: KubeObject): void {
    const key = keyOf(object.metadata);
    const store: Store<KubeObject> = stores[object.kind];
    if (!store.put(key, object)) return;
    if (object.kind === 'EndpointSlice') slices.put(key, object);
    onChange(`${object.kind} ${key}`);
  }

  function remove(kind: Kind, key: ObjectKey): void {
    if (!stores[kind].remove(key)) return;
    if (kind === 'EndpointSlice') slices.remove(key);
    onChange(`${kind} ${key}`);
  }

  function replace(kind: Kind, objects: readonly KubeObject[]): void {
    const kept = new Set(objects.map((object) => keyOf(object.metadata)));
    for (const key of stores[kind].keys()) {
      if (!kept.has(key)) remove(kind, key);
    }
    for (const object of objects) put(object);
    if (synced.has(kind)) return;
    synced.add(kind);
    onChange(`synced ${kind}`);
  }

  return {
    put,
    remove,
    replace,
    synced: (kinds) => kinds.every((kind) => synced.has(kind)),
    snapshot: () =>
      Object.freeze({
        number: ++number,
        ingresses: ages.sort(stores.Ingress.view()),
        ingressClasses: stores.IngressClass.view(),
        services: stores.Service.view(),
        slices: slices.view(),
        secrets: stores.Secret.view(),
        configMaps: stores.ConfigMap.view(),
        namespaces: stores.Namespace.view(),
        nodes: stores.Node.view(),
        pods: stores.Pod.view(),
      }),
  };
}

// An object that was deleted and made again has another uid, even where versions were reset.
function sameVersion(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.resourceVersion === b.metadata.resourceVersion && a.metadata.uid === b.metadata.uid;
}
