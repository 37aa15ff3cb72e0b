import { createOverlay } from '../lib/overlay.ts';
import type { EndpointSlice, ObjectKey } from '../source/objects.ts';

export interface SliceIndex {
  put(key: ObjectKey, slice: EndpointSlice): void;
  remove(key: ObjectKey): void;
  /** The Service of a slice; undefined for one that names none. */
  serviceOf(key: ObjectKey): ObjectKey | undefined;
  /** Slices by Service; the list of a Service keeps its identity while none of its slices changes. */
  view(): ReadonlyMap<ObjectKey, readonly EndpointSlice[]>;
}

const SERVICE_LABEL = 'kubernetes.io/service-name';

/** Slices belong to a Service by label alone; hand-made slices of any name count (cures compat/behaviour.md W-37). */
export function createSliceIndex(): SliceIndex {
  const serviceOf = new Map<ObjectKey, ObjectKey>();
  const byService = new Map<ObjectKey, Map<ObjectKey, EndpointSlice>>();
  const dirty = new Set<ObjectKey>();
  const lists = createOverlay<ObjectKey, readonly EndpointSlice[]>();

  function remove(key: ObjectKey): void {
    const service = serviceOf.get(key);
    if (service === undefined) return;
    serviceOf.delete(key);
    byService.get(service)?.delete(key);
    dirty.add(service);
  }

  function put(key: ObjectKey, slice: EndpointSlice): void {
    remove(key);
    const name = slice.metadata.labels?.[SERVICE_LABEL];
    if (name === undefined) return;
    const service = `${slice.metadata.namespace}/${name}`;
    serviceOf.set(key, service);
    const slices = byService.get(service) ?? new Map<ObjectKey, EndpointSlice>();
    byService.set(service, slices.set(key, slice));
    dirty.add(service);
  }

  function view(): ReadonlyMap<ObjectKey, readonly EndpointSlice[]> {
    for (const service of dirty) {
      const slices = [...(byService.get(service)?.entries() ?? [])];
      if (slices.length === 0) {
        byService.delete(service);
        lists.delete(service);
      } else {
        lists.set(
          service,
          Object.freeze(slices.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, slice]) => slice)),
        );
      }
    }
    dirty.clear();
    return lists.view();
  }

  return { put, remove, serviceOf: (key) => serviceOf.get(key), view };
}
