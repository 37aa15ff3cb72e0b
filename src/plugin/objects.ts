/** The fields of objects that the commands read, as the API server gives them. */
export interface Meta {
  readonly name: string;
  readonly namespace: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface BackendShape {
  readonly service?: {
    readonly name: string;
    readonly port?: { readonly name?: string; readonly number?: number };
  };
}

export interface IngressShape {
  readonly metadata: Meta;
  readonly spec?: {
    readonly defaultBackend?: BackendShape;
    readonly rules?: readonly {
      readonly host?: string;
      readonly http?: {
        readonly paths?: readonly { readonly path?: string; readonly backend: BackendShape }[];
      };
    }[];
    readonly tls?: readonly { readonly hosts?: readonly string[] }[];
  };
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
    };
  };
}

export interface SliceShape {
  readonly metadata: Meta;
  readonly endpoints?: readonly { readonly addresses?: readonly string[] }[] | null;
}

export interface ServiceShape {
  readonly spec?: { readonly clusterIP?: string; readonly loadBalancerIP?: string };
  readonly status?: IngressShape['status'];
}

export interface DeploymentShape {
  readonly metadata: Meta;
  readonly spec?: {
    readonly template?: {
      readonly spec?: { readonly containers?: readonly { readonly args?: readonly string[] }[] };
    };
  };
}

/** The group of Ingresses. */
export const INGRESSES = 'networking.k8s.io/v1';

/** The collection of a namespace, or of all of them. */
export function collection(group: string, plural: string, namespace: string | null): string {
  const base = group === 'v1' ? '/api/v1' : `/apis/${group}`;
  return namespace === null
    ? `${base}/${plural}`
    : `${base}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}
