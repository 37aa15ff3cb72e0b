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
  readonly objects: Map<ObjectKey, T>;
  view: ReadonlyMap<ObjectKey, T>;
  dirty: boolean;
  synced: boolean;
}

type AllStores = { readonly [K in Kind]: Store<ObjectsByKind[K]> };

function emptyStore<T extends KubeObject>(): Store<T> {
  return { objects: new Map(), view: new Map(), dirty: false, synced: false };
}

function emptyStores(): AllStores {
  return {
    Ingress: emptyStore(),
    IngressClass: emptyStore(),
    Service: emptyStore(),
    EndpointSlice: emptyStore(),
    Secret: emptyStore(),
    ConfigMap: emptyStore(),
    Namespace: emptyStore(),
    Node: emptyStore(),
    Pod: emptyStore(),
  };
}

/** @param onChange told once for each object that is new, changed or gone, and with `synced KIND` after a first list. */
export function createStores(onChange: (key: ChangedKey) => void): Stores {
  const stores = emptyStores();
  const slices = createSliceIndex();
  const ages = createAgeOrder();
  let number = 0;

  function storeOf(kind: Kind): Store<KubeObject> {
    return stores[kind] as Store<KubeObject>;
  }

  function put(object: KubeObject): void {
    const store = storeOf(object.kind);
    const key = keyOf(object.metadata);
    const previous = store.objects.get(key);
    if (previous !== undefined && sameVersion(previous, object)) return;
    store.objects.set(key, object);
    store.dirty = true;
    if (object.kind === 'EndpointSlice') slices.put(key, object);
    onChange(`${object.kind} ${key}`);
  }

  function remove(kind: Kind, key: ObjectKey): void {
    const store = storeOf(kind);
    if (!store.objects.delete(key)) return;
    store.dirty = true;
    if (kind === 'EndpointSlice') slices.remove(key);
    onChange(`${kind} ${key}`);
  }

  function replace(kind: Kind, objects: readonly KubeObject[]): void {
    const store = storeOf(kind);
    const kept = new Set(objects.map((object) => keyOf(object.metadata)));
    for (const key of store.objects.keys()) {
      if (!kept.has(key)) remove(kind, key);
    }
    for (const object of objects) put(object);
    if (!store.synced) {
      store.synced = true;
      onChange(`synced ${kind}`);
    }
  }

  function view<K extends Kind>(kind: K): ReadonlyMap<ObjectKey, ObjectsByKind[K]> {
    const store: Store<ObjectsByKind[K]> = stores[kind];
    if (store.dirty) {
      store.view = new Map(store.objects);
      store.dirty = false;
    }
    return store.view;
  }

  return {
    put,
    remove,
    replace,
    synced: (kinds) => kinds.every((kind) => stores[kind].synced),
    snapshot: () =>
      Object.freeze({
        number: ++number,
        ingresses: ages.sort(view('Ingress')),
        ingressClasses: view('IngressClass'),
        services: view('Service'),
        slices: slices.view(),
        secrets: view('Secret'),
        configMaps: view('ConfigMap'),
        namespaces: view('Namespace'),
        nodes: view('Node'),
        pods: view('Pod'),
      }),
  };
}

// An object that was deleted and made again has another uid, even where versions were reset.
function sameVersion(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.resourceVersion === b.metadata.resourceVersion && a.metadata.uid === b.metadata.uid;
}
