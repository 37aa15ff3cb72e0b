import type {
  IngressBackend,
  IngressPath,
  IngressRule,
  IngressTls,
  Kind,
  KubeObject,
  ObjectMeta,
  ObjectsByKind,
  ServicePort,
  SliceEndpoint,
  SlicePort,
} from '../objects.ts';
import { kindTable } from './kinds.ts';
import { flag, isObject, list, number, orElse, record, struct, text, textOrNumber } from './shapes.ts';
import type { Shape } from './shapes.ts';

/** What a kind has besides kind, apiVersion and metadata. */
type Body<K extends Kind> = Omit<ObjectsByKind[K], 'kind' | 'apiVersion' | 'metadata' | 'confined'>;
type Part<T, K extends keyof T> = Exclude<T[K], undefined | null>;

/**
 * `unwanted`: an object that is deliberately not kept (a Helm release record). `nameless`: not an object with a name, so that
 * nothing could refer to it.
 */
export type Slimmed = KubeObject | 'unwanted' | 'nameless';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

const metadata = struct<ObjectMeta>({
  required: {
    name: (value) => (value === '' ? undefined : text(value)),
    namespace: orElse(text, ''),
    uid: orElse(text, ''),
    resourceVersion: orElse(text, ''),
    creationTimestamp: orElse(text, ''),
  },
  optional: {
    generation: number,
    labels: record(),
    annotations: record([lastApplied]),
    deletionTimestamp: text,
  },
});

const loadBalancerStatus = struct<Part<ObjectsByKind['Ingress'], 'status'>>({
  required: {},
  optional: {
    loadBalancer: struct({
      required: {},
      optional: { ingress: list(struct({ required: {}, optional: { ip: text, hostname: text } })) },
    }),
  },
});

const backend = struct<IngressBackend>({
  required: {},
  optional: {
    service: struct<Part<IngressBackend, 'service'>>({
      required: { name: text },
      optional: { port: struct({ required: {}, optional: { name: text, number } }) },
    }),
    resource: struct<Part<IngressBackend, 'resource'>>({
      required: { kind: text, name: text },
      optional: { apiGroup: text },
    }),
  },
});

const path = struct<IngressPath>({
  required: { backend: orElse(backend, {}) },
  optional: { path: text, pathType: text },
});

const rule = struct<IngressRule>({
  required: {},
  optional: { host: text, http: struct({ required: {}, optional: { paths: list(path) } }) },
});

const tls = struct<IngressTls>({ required: {}, optional: { hosts: list(text), secretName: text } });

const servicePort = struct<ServicePort>({
  required: { port: number },
  optional: { name: text, protocol: text, targetPort: textOrNumber, nodePort: number },
});

const sliceEndpoint = struct<SliceEndpoint>({
  required: {},
  optional: {
    addresses: list(text),
    conditions: struct({ required: {}, optional: { ready: flag, serving: flag, terminating: flag } }),
    hints: struct({
      required: {},
      optional: {
        forZones: list(struct<{ readonly name: string }>({ required: { name: text }, optional: {} })),
      },
    }),
    zone: text,
    nodeName: text,
  },
});

const slicePort = struct<SlicePort>({ required: {}, optional: { name: text, port: number, protocol: text } });

const bodies: { readonly [K in Kind]: Shape<Body<K>> } = {
  Ingress: struct<Body<'Ingress'>>({
    required: {
      spec: orElse(
        struct<ObjectsByKind['Ingress']['spec']>({
          required: {},
          optional: { ingressClassName: text, defaultBackend: backend, rules: list(rule), tls: list(tls) },
        }),
        {},
      ),
    },
    optional: { status: loadBalancerStatus },
  }),
  IngressClass: struct<Body<'IngressClass'>>({
    required: { spec: orElse(struct({ required: {}, optional: { controller: text } }), {}) },
    optional: {},
  }),
  Service: struct<Body<'Service'>>({
    required: {
      spec: orElse(
        struct<ObjectsByKind['Service']['spec']>({
          required: {},
          optional: {
            type: text,
            clusterIP: text,
            clusterIPs: list(text),
            externalName: text,
            externalIPs: list(text),
            ports: list(servicePort),
            publishNotReadyAddresses: flag,
            trafficDistribution: text,
          },
        }),
        {},
      ),
    },
    optional: { status: loadBalancerStatus },
  }),
  EndpointSlice: struct<Body<'EndpointSlice'>>({
    required: { addressType: orElse(text, '') },
    optional: { endpoints: list(sliceEndpoint), ports: list(slicePort) },
  }),
  Secret: struct<Body<'Secret'>>({ required: {}, optional: { type: text, data: record() } }),
  ConfigMap: struct<Body<'ConfigMap'>>({ required: {}, optional: { data: record() } }),
  Namespace: struct<Body<'Namespace'>>({ required: {}, optional: {} }),
  Node: struct<Body<'Node'>>({
    required: {},
    optional: {
      status: struct({
        required: {},
        optional: {
          addresses: list(
            struct<{ readonly type: string; readonly address: string }>({
              required: { type: text, address: text },
              optional: {},
            }),
          ),
        },
      }),
    },
  }),
  Pod: struct<Body<'Pod'>>({
    required: {},
    optional: {
      spec: struct({ required: {}, optional: { nodeName: text } }),
      status: struct<Part<ObjectsByKind['Pod'], 'status'>>({
        required: {},
        optional: {
          phase: text,
          podIP: text,
          conditions: list(
            struct<{ readonly type: string; readonly status: string }>({
              required: { type: text, status: text },
              optional: {},
            }),
          ),
        },
      }),
    },
  }),
};

/**
 * What is kept of an object as the API server sends it: the fields of `objects.ts`, with `kind` and `apiVersion` (which
 * list items lack) and all of ObjectMeta, deeply frozen. Fields of a wrong shape are left out; nothing throws.
 */
export function slim(kind: Kind, raw: unknown): Slimmed {
  if (!isObject(raw)) return 'nameless';
  const meta = metadata(raw['metadata']);
  if (meta === undefined) return 'nameless';
  if (kind === 'Secret' && raw['type'] === 'helm.sh/release.v1') return 'unwanted';
  const object = { kind, apiVersion: kindTable[kind].apiVersion, metadata: meta, ...bodies[kind](raw) };
  // The body was read by the reader of this very kind.
  return Object.freeze(object) as unknown as KubeObject;
}
