/**
 * What the fake API server can hold. Written down here once more, and not taken from the code under test, so that a wrong path
 * there is noticed.
 */
export const resources = {
  Ingress: { path: '/apis/networking.k8s.io/v1', plural: 'ingresses', namespaced: true },
  IngressClass: { path: '/apis/networking.k8s.io/v1', plural: 'ingressclasses', namespaced: false },
  Service: { path: '/api/v1', plural: 'services', namespaced: true },
  EndpointSlice: { path: '/apis/discovery.k8s.io/v1', plural: 'endpointslices', namespaced: true },
  Secret: { path: '/api/v1', plural: 'secrets', namespaced: true },
  ConfigMap: { path: '/api/v1', plural: 'configmaps', namespaced: true },
  Namespace: { path: '/api/v1', plural: 'namespaces', namespaced: false },
  Node: { path: '/api/v1', plural: 'nodes', namespaced: false },
  Pod: { path: '/api/v1', plural: 'pods', namespaced: true },
  DaemonSet: { path: '/apis/apps/v1', plural: 'daemonsets', namespaced: true },
  Deployment: { path: '/apis/apps/v1', plural: 'deployments', namespaced: true },
  Lease: { path: '/apis/coordination.k8s.io/v1', plural: 'leases', namespaced: true },
  Event: { path: '/api/v1', plural: 'events', namespaced: true },
  ValidatingWebhookConfiguration: {
    path: '/apis/admissionregistration.k8s.io/v1',
    plural: 'validatingwebhookconfigurations',
    namespaced: false,
  },
  MutatingWebhookConfiguration: {
    path: '/apis/admissionregistration.k8s.io/v1',
    plural: 'mutatingwebhookconfigurations',
    namespaced: false,
  },
} as const;

export type FakeKind = keyof typeof resources;

/** What a request path names. */
export interface Target {
  readonly kind: FakeKind;
  /** Empty: all namespaces, or a kind without. */
  readonly namespace: string;
  /** Empty: the collection. */
  readonly name: string;
  readonly subresource: '' | 'status';
}

export function apiVersionOf(kind: FakeKind): string {
  return resources[kind].path.replace(/^\/apis?\//u, '');
}

/** Undefined when the server has no such resource. */
export function parsePath(path: string): Target | undefined {
  const match =
    /^(?<base>\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<sub>status))?$/u.exec(
      path,
    );
  // `/api/v1/namespaces/x` is a Namespace, not a collection called x.
  const own = /^(?<base>\/api\/v1)\/(?<plural>namespaces)(?:\/(?<name>[^/]+))?$/u.exec(path);
  const groups = (own ?? match)?.groups;
  if (groups === undefined) return undefined;
  for (const [kind, resource] of Object.entries(resources)) {
    if (resource.path === groups['base'] && resource.plural === groups['plural']) {
      return {
        // Object.entries forgets the key type.
        kind: kind as FakeKind,
        namespace: decodeURIComponent(groups['namespace'] ?? ''),
        name: decodeURIComponent(groups['name'] ?? ''),
        subresource: groups['sub'] === 'status' ? 'status' : '',
      };
    }
  }
  return undefined;
}
