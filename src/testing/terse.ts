/** Kubernetes objects in few words, for tests of the pure stages. */
import { createStores } from '../cluster/stores.ts';
import { defaultOptions } from '../config/flags/parse.ts';
import { readSettings } from '../config/settings/read.ts';
import { createGraphBuilder } from '../graph/build.ts';
import type { Graph } from '../graph/graph.ts';
import type { Size } from '../text/safe.ts';
import type { GraphOptions } from '../graph/options.ts';
import { createReach } from '../lib/addresses.ts';
import { graphOptionsOf } from '../setup/graph-options.ts';
import type {
  EndpointSlice,
  Ingress,
  IngressClass,
  IngressTls,
  KubeObject,
  Secret,
  Service,
} from '../source/objects.ts';

export const prefix = 'nginx.ingress.kubernetes.io';

interface Named {
  readonly name?: string;
  readonly namespace?: string;
  readonly created?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

function metadata({
  name = 'web',
  namespace = 'default',
  created = '2026-01-01T00:00:00Z',
  annotations,
}: Named) {
  return {
    name,
    namespace,
    uid: `${namespace}/${name}`,
    resourceVersion: '1',
    creationTimestamp: created,
    ...(annotations === undefined ? {} : { annotations }),
  };
}

export interface TersePath {
  readonly path?: string;
  readonly type?: string;
  /** `service` or `service:port`; the port is a number or a name. */
  readonly to?: string;
}

export interface TerseIngress extends Named {
  /** Host to paths; the empty host is a rule without one. A path alone is a Prefix path to web:80. */
  readonly rules?: Readonly<Record<string, readonly (string | TersePath)[]>>;
  /** Without the prefix. */
  readonly with?: Readonly<Record<string, string>>;
  readonly className?: string | null;
  readonly defaultBackend?: string;
  readonly tls?: readonly IngressTls[];
}

function backend(text: string) {
  const [name = '', port = '80'] = text.split(':');
  return { service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } };
}

export function ingress(input: TerseIngress = {}): Ingress {
  const own = Object.fromEntries(
    Object.entries(input.with ?? {}).map(([key, value]) => [`${prefix}/${key}`, value]),
  );
  const rules = Object.entries(input.rules ?? {}).map(([host, paths]) => ({
    ...(host === '' ? {} : { host }),
    http: {
      paths: paths.map((entry) => {
        const { path, type = 'Prefix', to = 'web' } = typeof entry === 'string' ? { path: entry } : entry;
        return { ...(path === undefined ? {} : { path }), pathType: type, backend: backend(to) };
      }),
    },
  }));
  return {
    kind: 'Ingress',
    apiVersion: 'networking.k8s.io/v1',
    metadata: metadata({ ...input, annotations: { ...own, ...input.annotations } }),
    spec: {
      ...(input.className === null ? {} : { ingressClassName: input.className ?? 'nginx' }),
      ...(input.defaultBackend === undefined ? {} : { defaultBackend: backend(input.defaultBackend) }),
      ...(input.tls === undefined ? {} : { tls: input.tls }),
      ...(input.rules === undefined ? {} : { rules }),
    },
  };
}

export function service(input: Named & { readonly spec?: Partial<Service['spec']> } = {}): Service {
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: metadata(input),
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.10',
      ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }],
      ...input.spec,
    },
  };
}

export interface TerseSlice extends Named {
  readonly of?: string;
  readonly addresses?: readonly string[];
  readonly ports?: EndpointSlice['ports'];
  readonly endpoints?: EndpointSlice['endpoints'];
}

export function slice(input: TerseSlice = {}): EndpointSlice {
  const {
    of = 'web',
    addresses = ['10.1.0.1', '10.1.0.2'],
    ports = [{ port: 8080, protocol: 'TCP' }],
  } = input;
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: {
      ...metadata({ ...input, name: input.name ?? `${of}-abc` }),
      labels: { 'kubernetes.io/service-name': of },
    },
    addressType: 'IPv4',
    ports,
    endpoints:
      input.endpoints === undefined
        ? addresses.map((address) => ({ addresses: [address] }))
        : input.endpoints,
  };
}

export function ingressClass(name = 'nginx', controller = 'k8s.io/ingress-nginx'): IngressClass {
  return {
    kind: 'IngressClass',
    apiVersion: 'networking.k8s.io/v1',
    metadata: metadata({ name, namespace: '' }),
    spec: { controller },
  };
}

export function secret(input: Named & { readonly data?: Readonly<Record<string, string>> } = {}): Secret {
  return {
    kind: 'Secret',
    apiVersion: 'v1',
    type: 'kubernetes.io/tls',
    metadata: metadata(input),
    data: input.data ?? {},
  };
}

export const graphOptions: GraphOptions = {
  ingressClass: 'nginx',
  controllerClass: 'k8s.io/ingress-nginx',
  ingressClassByName: false,
  watchIngressWithoutClass: false,
  annotationsPrefix: prefix,
  disableCatchAll: false,
  disableSvcExternalName: false,
  namespaceSelector: null,
  defaultBackendService: null,
  defaultSslCertificate: null,
  reach: createReach([]),
  snippetDirectives: [],
  loopbackEndpoints: 'refused',
  ownEndpoints: new Set<string>(),
  budgets: graphOptionsOf(defaultOptions()).budgets,
  streams: { tcp: null, udp: null, reserved: new Map(), passthrough: false, module: 'there' as const },
};

export const defaultSettings = readSettings({}).settings;

/** The graph of these objects, with the IngressClass `nginx` among them. */
export function graphOf(objects: readonly KubeObject[], options: Partial<GraphOptions> = {}): Graph {
  const stores = createStores(() => undefined);
  for (const object of [ingressClass(), ...objects]) stores.put(object);
  return createGraphBuilder({ ...graphOptions, ...options }).build(stores.snapshot(), {
    strictValidatePathType: true,
    proxyBufferSize: '4k' as string as Size,
    proxyBuffersNumber: 4,
    ingressClassesReadable: true,
    heldPorts: new Map(),
    resolvedNames: new Map(),
    serviceUpstream: false,
    sslDhParam: null,
    zone: null,
    allowCrossNamespaceResources: false,
    globalAllowedResponseHeaders: [],
    addHeaders: '',
    proxySetHeaders: '',
    allowSnippetAnnotations: false,
    annotationsRiskLevel: 'High',
    annotationValueWordBlocklist: [],
  });
}

/** `code Kind ns/name field` of each problem. */
export function problemsOf(graph: Graph): readonly string[] {
  return graph.problems.map(({ code, object, field }) =>
    `${code} ${object.kind} ${object.namespace}/${object.name} ${field}`.trim(),
  );
}
