/** Backends in the form in which ingress-nginx shows them (compat/behaviour.md section 11). */
import type { Affinity, Backend, CanaryRules, Graph } from '../graph/graph.ts';
import type { Service } from '../source/objects.ts';

export interface BackendsInput {
  readonly graph: Pick<Graph, 'backends' | 'backendName' | 'passthrough'>;
  readonly services: ReadonlyMap<string, Service>;
  /** The algorithm of the ConfigMap. */
  readonly loadBalance: string;
}

export interface ShownEndpoint {
  readonly address: string;
  readonly port: string;
}

/** Keys in the order of ingress-nginx. */
export interface ShownBackend {
  readonly name: string;
  readonly service?: { readonly metadata: object; readonly spec: Service['spec'] };
  readonly port: number | string;
  readonly sslPassthrough: boolean;
  readonly endpoints?: readonly ShownEndpoint[];
  readonly sessionAffinityConfig: object;
  readonly upstreamHashByConfig: object;
  readonly 'load-balance': string;
  readonly noServer: boolean;
  readonly trafficShapingPolicy: object;
  readonly alternativeBackends?: readonly string[];
}

export function showBackends(input: BackendsInput): readonly ShownBackend[] {
  const { backends, backendName, passthrough } = input.graph;
  const passed = new Set(passthrough.map(({ backend }) => backendName(backend)));
  const canaries = new Map(
    backends
      .flatMap(({ routes }) => routes.flatMap((route) => route.canaries))
      .map(({ backend, rules }) => [backendName(backend) as string, rules]),
  );
  return backends.map((backend) => show(backend, { input, passed, canaries }));
}

interface Others {
  readonly input: BackendsInput;
  readonly passed: ReadonlySet<string>;
  /** Rules by the name of the backend that they lead to. */
  readonly canaries: ReadonlyMap<string, CanaryRules>;
}

function show(backend: Backend, { input, passed, canaries }: Others): ShownBackend {
  const { name, ref, balancing, affinity, routes } = backend;
  const service = ref === null ? undefined : input.services.get(`${ref.namespace}/${ref.service}`);
  const endpoints = endpointsOf(backend);
  const rules = canaries.get(name);
  const alternatives = new Set(
    routes.flatMap((route) => route.canaries.map((canary) => input.graph.backendName(canary.backend))),
  );
  return {
    name,
    ...(service === undefined
      ? {}
      : {
          service: {
            metadata: { namespace: service.metadata.namespace, name: service.metadata.name },
            spec: service.spec,
          },
        }),
    port: portOf(ref?.port ?? '0'),
    sslPassthrough: passed.has(name),
    ...(endpoints.length === 0 ? {} : { endpoints }),
    sessionAffinityConfig: affinityOf(affinity),
    upstreamHashByConfig: {
      ...(balancing.hashBy === null ? {} : { 'upstream-hash-by': balancing.hashBy }),
      ...(balancing.subset === null
        ? {}
        : { 'upstream-hash-by-subset': true, 'upstream-hash-by-subset-size': balancing.subset }),
    },
    'load-balance': balancing.algorithm ?? input.loadBalance,
    noServer: rules !== undefined,
    trafficShapingPolicy: policyOf(rules),
    ...(alternatives.size === 0 ? {} : { alternativeBackends: [...alternatives] }),
  };
}

function portOf(port: string): number | string {
  return /^\d+$/.test(port) ? Number(port) : port;
}

function endpointsOf({ target }: Backend): readonly ShownEndpoint[] {
  return target.kind === 'external'
    ? [{ address: target.host, port: String(target.port) }]
    : target.endpoints.map(showEndpoint);
}

/** Of `10.0.0.1:80` or `[fd00::1]:80`. */
function showEndpoint(endpoint: string): ShownEndpoint {
  const colon = endpoint.lastIndexOf(':');
  return { address: endpoint.slice(0, colon).replace(/^\[|\]$/g, ''), port: endpoint.slice(colon + 1) };
}

function affinityOf(affinity: Affinity | null): object {
  if (affinity === null) return { name: '', mode: '', cookieSessionAffinity: { name: '' } };
  const { mode, cookie, locations } = affinity;
  return {
    name: 'cookie',
    mode,
    cookieSessionAffinity: {
      name: cookie.name ?? 'INGRESSCOOKIE',
      ...(cookie.expires === null ? {} : { expires: String(cookie.expires) }),
      ...(cookie.maxAge === null ? {} : { maxage: String(cookie.maxAge) }),
      ...(Object.keys(locations).length === 0 ? {} : { locations }),
      ...(cookie.secure === null ? {} : { secure: cookie.secure }),
      ...(cookie.path === null ? {} : { path: cookie.path }),
      ...(cookie.domain === null ? {} : { domain: cookie.domain }),
      ...(cookie.sameSite === null ? {} : { samesite: cookie.sameSite }),
      ...(cookie.conditionalSameSiteNone === true ? { conditional_samesite_none: true } : {}),
      ...(cookie.changeOnFailure === true ? { change_on_failure: true } : {}),
    },
  };
}

function policyOf(rules: CanaryRules | undefined): object {
  return {
    weight: rules?.weight ?? 0,
    weightTotal: rules?.weightTotal ?? 0,
    header: rules?.header ?? '',
    headerValue: rules?.headerValue ?? '',
    headerPattern: rules?.headerPattern ?? '',
    cookie: rules?.cookie ?? '',
  };
}
