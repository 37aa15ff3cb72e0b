/** Objects of a cluster of a given size: one host and one path for each Ingress, 100 Services of three endpoints. */
import type { EndpointSlice, Ingress, IngressClass, Secret, Service } from '../src/source/objects.ts';

export const SERVICES = 100;

function metadata(namespace: string, name: string, version: number) {
  return {
    namespace,
    name,
    uid: `${namespace}-${name}`,
    resourceVersion: String(version),
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
}

export function makeIngress(index: number, version = 1): Ingress {
  const path = version === 1 ? '/' : `/version-${version}`;
  const service = { name: `service-${index % SERVICES}`, port: { number: 80 } };
  return {
    kind: 'Ingress',
    apiVersion: 'networking.k8s.io/v1',
    metadata: metadata(`team-${index % 50}`, `site-${index}`, version),
    spec: {
      ingressClassName: 'nginx',
      tls: [{ hosts: [`site-${index}.example.com`], secretName: 'wildcard' }],
      rules: [
        {
          host: `site-${index}.example.com`,
          http: { paths: [{ path, pathType: 'Prefix', backend: { service } }] },
        },
      ],
    },
  };
}

/** With a Secret of its own instead of the one that its namespace shares. */
export function withOwnSecret(ingress: Ingress): Ingress {
  const { tls = [], ...spec } = ingress.spec;
  const secretName = `${ingress.metadata.name}-tls`;
  return { ...ingress, spec: { ...spec, tls: tls.map(({ hosts = [] }) => ({ hosts, secretName })) } };
}

/** Without TLS, so that a plain request is no redirect. */
export function plain(ingress: Ingress): Ingress {
  const { tls: _tls, ...spec } = ingress.spec;
  return { ...ingress, spec };
}

/** @param name without the prefix. */
export function annotated(ingress: Ingress, name: string, value: string): Ingress {
  const annotations = { [`nginx.ingress.kubernetes.io/${name}`]: value };
  return { ...ingress, metadata: { ...ingress.metadata, annotations } };
}

export function makeServices(): readonly (Service | EndpointSlice | IngressClass | Secret)[] {
  const objects: (Service | EndpointSlice | IngressClass | Secret)[] = [
    {
      kind: 'IngressClass',
      apiVersion: 'networking.k8s.io/v1',
      metadata: metadata('', 'nginx', 1),
      spec: { controller: 'k8s.io/ingress-nginx' },
    },
  ];
  for (let team = 0; team < 50; team++) {
    for (let index = 0; index < SERVICES; index++) {
      // Only the pairs that Ingresses use exist: team and service follow from the same number.
      if (index % 50 !== team) continue;
      objects.push(makeService(`team-${team}`, `service-${index}`), makeSlice({ team, index }));
    }
  }
  return objects;
}

function makeService(namespace: string, name: string): Service {
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: metadata(namespace, name, 1),
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.1',
      ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }],
    },
  };
}

export function makeSlice(at: {
  readonly team: number;
  readonly index: number;
  readonly version?: number;
}): EndpointSlice {
  const version = at.version ?? 1;
  const name = `service-${at.index}`;
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: {
      ...metadata(`team-${at.team}`, `${name}-abc`, version),
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: 'IPv4',
    ports: [{ port: 8080, protocol: 'TCP' }],
    endpoints: [1, 2, 3].map((host) => ({
      addresses: [`10.${at.team}.${at.index}.${host + (version % 200)}`],
      conditions: { ready: true },
    })),
  };
}
