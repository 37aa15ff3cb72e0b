/**
 * The Kubernetes objects that Tidegate reads, narrowed to the fields that it uses. Sources keep only
 * these fields, check their types, freeze the objects deeply, and always set `kind` and `apiVersion`; dates stay strings.
 */

export interface ObjectMeta {
  readonly name: string;
  /** Empty for objects without a namespace (IngressClass, Namespace, Node). */
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** RFC 3339, seconds; empty when unknown. */
  readonly creationTimestamp: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
}

interface Base<K extends string> {
  readonly kind: K;
  readonly apiVersion: string;
  readonly metadata: ObjectMeta;
}

export interface ServiceBackendPort {
  readonly name?: string;
  readonly number?: number;
}

export interface IngressBackend {
  readonly service?: { readonly name: string; readonly port?: ServiceBackendPort };
  readonly resource?: { readonly kind: string; readonly name: string; readonly apiGroup?: string };
}

export interface IngressPath {
  readonly path?: string;
  readonly pathType?: string;
  readonly backend: IngressBackend;
}

export interface IngressRule {
  readonly host?: string;
  readonly http?: { readonly paths?: readonly IngressPath[] };
}

export interface IngressTls {
  readonly hosts?: readonly string[];
  readonly secretName?: string;
}

export interface Ingress extends Base<'Ingress'> {
  /** Set by the quarantine only, never by a source: all that it leads to answers 503. */
  readonly confined?: true;
  readonly spec: {
    readonly ingressClassName?: string;
    readonly defaultBackend?: IngressBackend;
    readonly rules?: readonly IngressRule[];
    readonly tls?: readonly IngressTls[];
  };
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
    };
  };
}

export interface IngressClass extends Base<'IngressClass'> {
  readonly spec: { readonly controller?: string };
}

export interface ServicePort {
  readonly name?: string;
  readonly protocol?: string;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly nodePort?: number;
}

export interface Service extends Base<'Service'> {
  readonly spec: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly externalName?: string;
    readonly externalIPs?: readonly string[];
    readonly ports?: readonly ServicePort[];
    readonly publishNotReadyAddresses?: boolean;
    readonly trafficDistribution?: string;
  };
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
    };
  };
}

export interface SliceEndpoint {
  readonly addresses?: readonly string[];
  readonly conditions?: {
    readonly ready?: boolean;
    readonly serving?: boolean;
    readonly terminating?: boolean;
  };
  readonly hints?: { readonly forZones?: readonly { readonly name: string }[] };
  readonly zone?: string;
  readonly nodeName?: string;
}

export interface SlicePort {
  readonly name?: string;
  readonly port?: number;
  readonly protocol?: string;
}

export interface EndpointSlice extends Base<'EndpointSlice'> {
  readonly addressType: string;
  readonly endpoints?: readonly SliceEndpoint[] | null;
  readonly ports?: readonly SlicePort[] | null;
}

export interface Secret extends Base<'Secret'> {
  readonly type?: string;
  /** Values are base64, as in the API; sources turn `stringData` into `data`. */
  readonly data?: Readonly<Record<string, string>>;
}

export interface ConfigMap extends Base<'ConfigMap'> {
  readonly data?: Readonly<Record<string, string>>;
}

export type Namespace = Base<'Namespace'>;

export interface Node extends Base<'Node'> {
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

export interface Pod extends Base<'Pod'> {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export interface ObjectsByKind {
  readonly Ingress: Ingress;
  readonly IngressClass: IngressClass;
  readonly Service: Service;
  readonly EndpointSlice: EndpointSlice;
  readonly Secret: Secret;
  readonly ConfigMap: ConfigMap;
  readonly Namespace: Namespace;
  readonly Node: Node;
  readonly Pod: Pod;
}

export type Kind = keyof ObjectsByKind;
export type KubeObject = ObjectsByKind[Kind];

/** `namespace/name`, or just `name` for objects without a namespace. Unique within a kind. */
export type ObjectKey = string;

/** What an object reference needs so that a message can name it. */
export interface ObjectRef {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}
