import type {
  ConfigMap,
  EndpointSlice,
  Ingress,
  IngressClass,
  Namespace,
  Node,
  ObjectKey,
  Pod,
  Secret,
  Service,
} from '../source/objects.ts';

/** Everything that is known at one moment. Nothing in it ever changes; unchanged parts keep their identity. */
export interface Snapshot {
  /** Counts up with every snapshot. */
  readonly number: number;
  /** Oldest first; equal times by key, descending (compat/behaviour.md 3.5). */
  readonly ingresses: readonly Ingress[];
  /** Of all Ingresses, whose own `status` may be older. */
  readonly statuses: ReadonlyMap<ObjectKey, Ingress['status'] | null>;
  readonly ingressClasses: ReadonlyMap<ObjectKey, IngressClass>;
  readonly services: ReadonlyMap<ObjectKey, Service>;
  /** By the key of the Service that the label `kubernetes.io/service-name` names; each list is ordered by slice name. */
  readonly slices: ReadonlyMap<ObjectKey, readonly EndpointSlice[]>;
  readonly secrets: ReadonlyMap<ObjectKey, Secret>;
  readonly configMaps: ReadonlyMap<ObjectKey, ConfigMap>;
  readonly namespaces: ReadonlyMap<ObjectKey, Namespace>;
  readonly nodes: ReadonlyMap<ObjectKey, Node>;
  readonly pods: ReadonlyMap<ObjectKey, Pod>;
}
