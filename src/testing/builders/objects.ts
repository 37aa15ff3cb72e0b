/** Kubernetes objects for tests, with sensible defaults: frozen like those of a source. */
import type {
  ConfigMap,
  EndpointSlice,
  Ingress,
  IngressBackend,
  IngressClass,
  IngressPath,
  IngressTls,
  Kind,
  Namespace,
  ObjectMeta,
  Secret,
  Service,
  ServicePort,
  SliceEndpoint,
  SlicePort,
} from '../../source/objects.ts';

const PREFIX = 'nginx.ingress.kubernetes.io';

interface Meta {
  readonly name?: string;
  readonly namespace?: string;
  /** RFC 3339. */
  readonly created?: string;
  readonly version?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

function metadata(
  kind: Kind,
  { name = 'web', namespace = 'default', created = '2026-01-01T00:00:00Z', version = '1', labels }: Meta,
): ObjectMeta {
  return {
    name,
    namespace,
    uid: `${kind}-${namespace}-${name}`,
    resourceVersion: version,
    creationTimestamp: created,
    ...(labels === undefined ? {} : { labels }),
  };
}

/** `/path`, or more about it. Everything that is left out is Prefix, Service `web`, port 80. */
export type PathSpec =
  | string
  | {
      readonly path?: string;
      readonly type?: string;
      readonly service?: string;
      readonly port?: number | string;
      readonly backend?: IngressBackend;
    };

export interface RuleSpec {
  readonly host?: string;
  /** Null: a rule without `http`. */
  readonly paths?: readonly PathSpec[] | null;
}

export interface IngressSpec extends Meta {
  readonly host?: string;
  readonly paths?: readonly PathSpec[];
  /** Instead of `host` and `paths`; an empty list makes an Ingress without rules. */
  readonly rules?: readonly RuleSpec[];
  readonly className?: string | null;
  /** Names without prefix get that of the controller. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly defaultBackend?: IngressBackend;
  readonly tls?: readonly IngressTls[];
}

export function backend(service: string, port: number | string = 80): IngressBackend {
  return { service: { name: service, port: typeof port === 'number' ? { number: port } : { name: port } } };
}

function pathOf(spec: PathSpec): IngressPath {
  if (typeof spec === 'string') return { path: spec, pathType: 'Prefix', backend: backend('web') };
  const { path, type = 'Prefix', service = 'web', port = 80 } = spec;
  return {
    ...(path === undefined ? {} : { path }),
    ...(type === '' ? {} : { pathType: type }),
    backend: spec.backend ?? backend(service, port),
  };
}

export function annotationKey(name: string): string {
  return name.includes('/') ? name : `${PREFIX}/${name}`;
}

export function ingress(spec: IngressSpec = {}): Ingress {
  const rules = spec.rules ?? [
    { ...(spec.host === undefined ? {} : { host: spec.host }), paths: spec.paths ?? ['/'] },
  ];
  const annotations = Object.entries(spec.annotations ?? {}).map(([name, value]) => [
    annotationKey(name),
    value,
  ]);
  const className = spec.className === undefined ? 'nginx' : spec.className;
  return freeze({
    kind: 'Ingress',
    apiVersion: 'networking.k8s.io/v1',
    metadata: {
      ...metadata('Ingress', spec),
      ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
    },
    spec: {
      ...(className === null ? {} : { ingressClassName: className }),
      ...(spec.defaultBackend === undefined ? {} : { defaultBackend: spec.defaultBackend }),
      ...(spec.tls === undefined ? {} : { tls: spec.tls }),
      rules: rules.map(({ host, paths }) => ({
        ...(host === undefined ? {} : { host }),
        ...(paths === null ? {} : { http: { paths: (paths ?? ['/']).map(pathOf) } }),
      })),
    },
  });
}

export function ingressClass(spec: Meta & { readonly controller?: string } = {}): IngressClass {
  return freeze({
    kind: 'IngressClass',
    apiVersion: 'networking.k8s.io/v1',
    metadata: metadata('IngressClass', { name: 'nginx', ...spec, namespace: '' }),
    spec: { controller: spec.controller ?? 'k8s.io/ingress-nginx' },
  });
}

export function service(spec: Meta & Service['spec'] = {}): Service {
  const {
    name: _name,
    namespace: _namespace,
    created: _created,
    version: _version,
    labels: _labels,
    ...own
  } = spec;
  const ports: readonly ServicePort[] = own.ports ?? [{ name: 'http', port: 80, targetPort: 8080 }];
  return freeze({
    kind: 'Service',
    apiVersion: 'v1',
    metadata: metadata('Service', spec),
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.10', ...own, ports },
  });
}

export interface SliceSpec extends Meta {
  /** The Service that it belongs to; null: no label. */
  readonly service?: string | null;
  readonly addresses?: readonly string[];
  /** Instead of `addresses`. */
  readonly endpoints?: readonly SliceEndpoint[] | null;
  readonly ports?: readonly SlicePort[] | null;
}

export function slice(spec: SliceSpec = {}): EndpointSlice {
  const owner = spec.service === undefined ? 'web' : spec.service;
  const endpoints =
    spec.endpoints === undefined
      ? [{ addresses: spec.addresses ?? ['10.0.0.1'], conditions: { ready: true } }]
      : spec.endpoints;
  const labels = owner === null ? spec.labels : { 'kubernetes.io/service-name': owner, ...spec.labels };
  return freeze({
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: metadata('EndpointSlice', {
      ...spec,
      name: spec.name ?? `${owner ?? 'nobody'}-1`,
      ...(labels === undefined ? {} : { labels }),
    }),
    addressType: 'IPv4',
    endpoints,
    ports: spec.ports === undefined ? [{ name: 'http', port: 8080, protocol: 'TCP' }] : spec.ports,
  });
}

export function secret(spec: Meta & { readonly data?: Readonly<Record<string, string>> } = {}): Secret {
  const data = Object.entries(spec.data ?? {}).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ]);
  return freeze({
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: metadata('Secret', { name: 'tls', ...spec }),
    data: Object.fromEntries(data),
  });
}

/** That of the controller, unless named. */
export function configMap(data: Readonly<Record<string, string>>, spec: Meta = {}): ConfigMap {
  return freeze({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: metadata('ConfigMap', {
      namespace: 'ingress-nginx',
      name: 'ingress-nginx-controller',
      ...spec,
    }),
    data,
  });
}

export function namespace(spec: Meta = {}): Namespace {
  return freeze({
    kind: 'Namespace',
    apiVersion: 'v1',
    metadata: metadata('Namespace', { name: 'default', ...spec, namespace: '' }),
  });
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}
