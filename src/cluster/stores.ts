import { keyOf } from '../lib/keys.ts';
import { createOverlay } from '../lib/overlay.ts';
import type {
  EndpointSlice,
  Ingress,
  Kind,
  KubeObject,
  ObjectKey,
  ObjectsByKind,
} from '../source/objects.ts';
import type { Sink } from '../source/sink.ts';
import { createAgeOrder } from './age-order.ts';
import type { AgeOrder } from './age-order.ts';
import { createSliceIndex } from './slice-index.ts';
import type { Snapshot } from './snapshot.ts';

export interface Stores extends Sink {
  /** A frozen view; costs a copy only of the kinds that changed since the last one. */
  snapshot(): Snapshot;
  /** Whether all of these kinds have been listed at least once. */
  synced(kinds: readonly Kind[]): boolean;
}

/**
 * The kind and key of an object that is new, changed or gone: `Ingress default/web`. `IngressStatus default/web` when nothing but the
 * status of an Ingress changed.
 */
export type ChangedKey = string;

/** @param service for an EndpointSlice or a Service: the key of the Service that it speaks of. */
export type OnChange = (key: ChangedKey, service?: ObjectKey) => void;

interface Store<T extends KubeObject> {
  /** Whether anything changed that matters; what is there stays, by identity, when nothing did. */
  put(key: ObjectKey, object: T): boolean;
  remove(key: ObjectKey): boolean;
  keys(): Iterable<ObjectKey>;
  /** Unchanged since the last call: the same map. */
  view(): ReadonlyMap<ObjectKey, T>;
}

/** @param swap told of each change, before it counts. */
function createStore<T extends KubeObject>(
  swap: (before: T | undefined, after: T | undefined) => void = () => undefined,
): Store<T> {
  const objects = createOverlay<ObjectKey, T>();
  return {
    put(key, object) {
      const previous = objects.get(key);
      if (previous !== undefined && (sameVersion(previous, object) || sameMeaning(previous, object)))
        return false;
      swap(previous, object);
      objects.set(key, object);
      return true;
    },
    remove(key) {
      swap(objects.get(key), undefined);
      return objects.delete(key);
    },
    keys: objects.keys,
    view: objects.view,
  };
}

/** What a slice without the label speaks of. */
const NO_SERVICE: ObjectKey = '';

type AllStores = { readonly [K in Kind]: Store<ObjectsByKind[K]> };

function createAllStores(ages: AgeOrder): AllStores {
  return {
    Ingress: createStore(ages.swap),
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
export function createStores(onChange: OnChange): Stores {
  const ages = createAgeOrder();
  const stores = createAllStores(ages);
  const statuses = createStatuses();
  const synced = new Set<Kind>();
  const slices = createSliceIndex();
  let number = 0;

  function put(object: KubeObject): void {
    const key = keyOf(object.metadata);
    const store: Store<KubeObject> = stores[object.kind];
    const hasNewStatus = object.kind === 'Ingress' && statuses.put(key, object.status);
    if (!store.put(key, object)) {
      if (hasNewStatus) onChange(`IngressStatus ${key}`);
      return;
    }
    if (object.kind === 'EndpointSlice') putSlice(key, object);
    onChange(`${object.kind} ${key}`, serviceOf(object.kind, key));
  }

  function putSlice(key: ObjectKey, slice: EndpointSlice): void {
    const before = slices.serviceOf(key);
    slices.put(key, slice);
    // A slice may move from one Service to another.
    if (before !== undefined && before !== slices.serviceOf(key)) onChange(`EndpointSlice ${key}`, before);
  }

  function serviceOf(kind: Kind, key: ObjectKey): ObjectKey | undefined {
    if (kind === 'EndpointSlice') return slices.serviceOf(key) ?? NO_SERVICE;
    return kind === 'Service' ? key : undefined;
  }

  function remove(kind: Kind, key: ObjectKey): void {
    if (!stores[kind].remove(key)) return;
    const service = serviceOf(kind, key);
    if (kind === 'EndpointSlice') slices.remove(key);
    if (kind === 'Ingress') statuses.remove(key);
    onChange(`${kind} ${key}`, service);
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
        ingresses: ages.sorted(),
        statuses: statuses.view(),
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

/**
 * Whether two versions of an object differ in nothing that anybody reads: only fields that were left out when it was slimmed, such
 * as managed fields, or the status of an Ingress, which is kept apart.
 */
function sameMeaning(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.uid === b.metadata.uid && meaningOf(a) === meaningOf(b);
}

function meaningOf(object: KubeObject): string {
  const { resourceVersion: _version, generation: _generation, ...metadata } = object.metadata;
  return JSON.stringify({ ...object, ...(object.kind === 'Ingress' ? { status: null } : {}), metadata });
}

type Status = Ingress['status'];

function createStatuses() {
  // None is a status, too.
  const statuses = createOverlay<ObjectKey, Status | null>();
  return {
    /** Whether it is another one. */
    put(key: ObjectKey, status: Status): boolean {
      const known = statuses.get(key);
      const next = status ?? null;
      if (known !== undefined && JSON.stringify(known) === JSON.stringify(next)) return false;
      statuses.set(key, next);
      return true;
    },
    remove: (key: ObjectKey): void => void statuses.delete(key),
    view: (): Snapshot['statuses'] => statuses.view(),
  };
}
