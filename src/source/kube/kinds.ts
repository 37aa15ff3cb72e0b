import type { Kind, ObjectRef } from '../objects.ts';

/** What the API server needs to know to serve one kind. */
export interface KindInfo {
  /** `v1`, or `group/version`. */
  readonly apiVersion: string;
  /** The name in paths: `ingresses`. */
  readonly plural: string;
  readonly scope: 'namespaced' | 'cluster';
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/**
 * The selectors are those of the retired controller: they keep Helm's release records, which can be large and many, out of
 * memory (compat/behaviour.md 3.1).
 */
export const kindTable: { readonly [K in Kind]: KindInfo } = {
  Ingress: { apiVersion: 'networking.k8s.io/v1', plural: 'ingresses', scope: 'namespaced' },
  IngressClass: { apiVersion: 'networking.k8s.io/v1', plural: 'ingressclasses', scope: 'cluster' },
  Service: { apiVersion: 'v1', plural: 'services', scope: 'namespaced' },
  EndpointSlice: { apiVersion: 'discovery.k8s.io/v1', plural: 'endpointslices', scope: 'namespaced' },
  Secret: {
    apiVersion: 'v1',
    plural: 'secrets',
    scope: 'namespaced',
    fieldSelector: 'type!=helm.sh/release.v1',
  },
  ConfigMap: { apiVersion: 'v1', plural: 'configmaps', scope: 'namespaced', labelSelector: 'OWNER!=TILLER' },
  Namespace: { apiVersion: 'v1', plural: 'namespaces', scope: 'cluster', labelSelector: 'OWNER!=TILLER' },
  Node: { apiVersion: 'v1', plural: 'nodes', scope: 'cluster' },
  Pod: { apiVersion: 'v1', plural: 'pods', scope: 'namespaced' },
};

/** Query of a list of the kind. @param usual where the kind has no selector of its own. */
export function selectorsOf(kind: Kind, usual?: string): Readonly<Record<string, string>> {
  const { labelSelector = usual, fieldSelector } = kindTable[kind];
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

/** Path of the collection, in one namespace or (empty, or a kind without namespaces) in all. */
export function collectionPath(kind: Kind, namespace: string): string {
  const { apiVersion, plural, scope } = kindTable[kind];
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return scope === 'cluster' || namespace === ''
    ? `${base}/${plural}`
    : `${base}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

/** Path of one object; append `/status` for its status. */
export function objectPath({ kind, namespace, name }: ObjectRef): string {
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
}
