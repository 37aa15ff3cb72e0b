/** Kubernetes objects as users write them, short. Everything is in the namespace `default` unless a test says otherwise. */
import type { FakeObject } from '../fake-api/store.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface Meta {
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** RFC 3339; older Ingresses win conflicts. */
  readonly created?: string;
}

function metadata(name: string, meta: Meta): FakeObject['metadata'] {
  const { namespace = 'default', annotations, labels, created } = meta;
  return {
    name,
    namespace,
    ...(annotations === undefined ? {} : { annotations }),
    ...(labels === undefined ? {} : { labels }),
    ...(created === undefined ? {} : { creationTimestamp: created }),
  };
}

export function ingressClass(name = 'nginx', controller = 'k8s.io/ingress-nginx'): FakeObject & Fields {
  const spec = { controller };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name }, spec };
}

/** `web`, `web:8080` (port number) or `web:http` (port name); without a port 80. */
export function serviceBackend(text: string): Fields {
  const [name = '', port = '80'] = text.split(':');
  return { service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } };
}

export interface PathSpec {
  readonly path?: string;
  readonly type?: 'Exact' | 'Prefix' | 'ImplementationSpecific';
  /** As `serviceBackend` reads it. */
  readonly to: string;
}

export interface IngressSpec extends Meta {
  /** Host (empty: none) to its paths; a text alone is Prefix `/` of that Service. */
  readonly rules?: Readonly<Record<string, string | readonly PathSpec[]>>;
  readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[];
  readonly defaultBackend?: string;
  /** Default `nginx`. */
  readonly className?: string;
}

export function ingress(name: string, spec: IngressSpec): FakeObject & Fields {
  const rules = Object.entries(spec.rules ?? {}).map(([host, paths]) => ({
    ...(host === '' ? {} : { host }),
    http: { paths: (typeof paths === 'string' ? [{ to: paths }] : paths).map(pathOf) },
  }));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: metadata(name, spec),
    spec: {
      ingressClassName: spec.className ?? 'nginx',
      ...(spec.defaultBackend === undefined ? {} : { defaultBackend: serviceBackend(spec.defaultBackend) }),
      ...(spec.tls === undefined ? {} : { tls: spec.tls }),
      ...(rules.length === 0 ? {} : { rules }),
    },
  };
}

function pathOf({ path = '/', type = 'Prefix', to }: PathSpec): Fields {
  return { path, pathType: type, backend: serviceBackend(to) };
}

export interface PortSpec {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly nodePort?: number;
}

export function service(name: string, spec: Fields = {}, meta: Meta = {}): FakeObject & Fields {
  const ports: readonly PortSpec[] = [{ name: 'http', port: 80, targetPort: 8080 }];
  return { apiVersion: 'v1', kind: 'Service', metadata: metadata(name, meta), spec: { ports, ...spec } };
}

/** Anything that listens: an address and a port. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** One EndpointSlice for each different port number, called `SERVICE-PORTNAME-INDEX`; the ports carry the name `port`. */
export function endpoints(
  serviceName: string,
  places: readonly Place[],
  { port = 'http', ...meta }: Meta & { readonly port?: string } = {},
): readonly (FakeObject & Fields)[] {
  const numbers = [...new Set(places.map((place) => place.port))];
  // A Service without endpoints has a slice without addresses, as in a cluster.
  const slices = numbers.length === 0 ? [1] : numbers;
  return slices.map((number, index) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata(`${serviceName}-${port}-${index}`, {
      ...meta,
      labels: { 'kubernetes.io/service-name': serviceName },
    }),
    addressType: 'IPv4',
    ports: [{ name: port, port: number, protocol: 'TCP' }],
    endpoints: places
      .filter((place) => place.port === number)
      .map(({ address }) => ({ addresses: [address], conditions: { ready: true } })),
  }));
}

export interface PairPem {
  readonly certificate: string;
  readonly key: string;
}

/** @param data text by key, not yet in base64. */
export function secret(
  name: string,
  data: Readonly<Record<string, string>>,
  meta: Meta = {},
): FakeObject & Fields {
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata(name, meta),
    type: 'Opaque',
    data: Object.fromEntries(encoded),
  };
}

export function tlsSecret(name: string, { certificate, key }: PairPem, meta: Meta = {}): FakeObject & Fields {
  return { ...secret(name, { 'tls.crt': certificate, 'tls.key': key }, meta), type: 'kubernetes.io/tls' };
}

export function configMap(name: string, data: Readonly<Record<string, string>>): FakeObject & Fields {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(name, {}), data };
}
