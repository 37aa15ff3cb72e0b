import type { ObjectKey, ObjectRef } from '../source/objects.ts';
import type { Header } from '../text/headers.ts';
import type { Alias, Ciphers, Expression, HostName, Literal, Pattern, Snippet } from '../text/safe.ts';
import type { FastcgiParam } from '../text/fastcgi.ts';
import type { ClientAuthAnnotations } from './annotations/client-auth.ts';
import type { Backend } from './backend-graph.ts';
import type { Annotations } from './annotations/read.ts';
import type { Problem } from './problems.ts';
import type { PassedHost } from './passthrough.ts';
import type { Streams } from './streams.ts';

/** What a path or a default backend points to. */
export interface BackendRef {
  readonly namespace: Literal;
  readonly service: Literal;
  /** Number or name as written: `80`, `http`; empty for the first port of the Service. */
  readonly port: Literal;
  /** `namespace/service/port`: unambiguous, unlike the backend's name. */
  readonly key: string;
}

export type {
  Affinity,
  Backend,
  BackendTarget,
  Balancing,
  Canary,
  CanaryRoute,
  CanaryRules,
} from './backend-graph.ts';

export type PathType = 'Exact' | 'Prefix';

/** `exact` for an Exact path whose text is that of a Prefix path of the host, too: the workers must tell them apart. */
export type LocationKind = '' | 'exact';

export interface ParsedPath {
  /** As declared; `/` when empty. */
  readonly path: Literal;
  readonly type: PathType;
  /** The path as a regular expression; null when it is none, which matters on regex hosts only. */
  readonly pattern: Pattern | null;
  readonly backend: BackendRef;
  readonly field: string;
}

/** The host of a rule, or `_` for requests that no host matches. */
export type Host = HostName | '_';

export interface ParsedRule {
  readonly host: Host;
  readonly paths: readonly ParsedPath[];
}

export interface ParsedTls {
  readonly hosts: readonly string[];
  /** Empty when none is named. */
  readonly secretName: string;
  readonly field: string;
}

/** One accepted Ingress with everything validated. */
export interface ParsedIngress {
  readonly ref: ObjectRef;
  readonly namespace: Literal;
  readonly name: Literal;
  /** `denied`: every location answers 503. `confined`: so, too, because nginx refused the Ingress. */
  readonly state: 'accepted' | 'denied' | 'confined';
  /** Which annotation it is denied for; null where another object is the reason, or none. */
  readonly denial: string | null;
  /** Whether it wants copies for an address that must not be reached; its target is gone then. */
  readonly isMirrorRefused: boolean;
  readonly uid: string;
  /** creationTimestamp, for the question who came first. */
  readonly created: string;
  readonly rules: readonly ParsedRule[];
  /** Of rules that are left out because there are too many; what it says about certificates of clients holds there, too. */
  readonly hostsBeyond: readonly Host[];
  readonly defaultBackend: BackendRef | null;
  readonly tls: readonly ParsedTls[];
  /** Key of the list of those who may log in; null where nobody is asked for a password. */
  readonly users: Literal | null;
  readonly annotations: Annotations;
  readonly references: References;
}

/** What endpoints that speak TLS are shown, and whom they must come from. */
export interface EndpointTrust {
  /** Name of its file, unique, without an ending. */
  readonly file: string;
  /** PEM: the certificate and its key, then the authorities. */
  readonly pem: string;
  /** Whether authorities are among it. */
  readonly trusts: boolean;
  /** Whether a certificate is. */
  readonly shows: boolean;
}

/** What objects say that annotations name. */
export interface References {
  /** `broken`: it cannot be used. */
  readonly endpointTrust: EndpointTrust | 'broken' | null;
  /** `ignored`: with everything else about FastCGI. */
  readonly fastcgi: readonly FastcgiParam[] | 'broken' | 'ignored';
  /** Of answers. */
  readonly customHeaders: readonly Header<Literal>[] | 'broken';
  /** That authentication services get. */
  readonly authHeaders: readonly Header<Expression>[] | 'broken';
}

/** A path of a host with its winner. */
export interface HostPath {
  readonly path: Literal;
  readonly type: PathType;
  readonly pattern: Pattern | null;
  /** Null only for the catch-all location that nobody has claimed. */
  readonly owner: ParsedIngress | null;
  /** Null: the global default backend. */
  readonly backend: BackendRef | null;
  /** What the Ingress declared for this path, for logs and metrics; null when nothing did. */
  readonly declared: BackendRef | null;
  /** `no-redirects`: the catch-all takes no redirect and rewrite settings from its Ingress (compat/behaviour.md 6.2). */
  readonly settings: 'all' | 'no-redirects';
  readonly kind: LocationKind;
  /** Who serves while the backend has no endpoints, and makes the error pages. */
  readonly standIn: BackendRef | null;
}

/** Everything that all Ingresses together say about one host. Keeps its identity while none of them changes. */
export interface GraphHost {
  readonly name: Host;
  /** In the order of compat/behaviour.md 7.3. */
  readonly paths: readonly HostPath[];
  /** Whether one location turns all of the host into regular expressions (compat/behaviour.md 7.5). */
  readonly matching: 'plain' | 'regex';
  /** Of the oldest Ingress that names any. */
  readonly aliases: readonly Alias[];
  readonly aliasOwner: ParsedIngress | null;
  /** The Ingress that decides about the certificate: the oldest with `spec.tls`. */
  readonly tlsOwner: ParsedIngress | null;
  /** Of the oldest Ingress that names any; null: as all hosts. */
  readonly ciphers: Ciphers | null;
  readonly ciphersOwner: ParsedIngress | null;
  readonly preferServerCiphers: boolean | null;
  readonly preferenceOwner: ParsedIngress | null;
  /** Of the oldest Ingress that has one. */
  readonly snippet: Snippet | null;
  readonly snippetOwner: ParsedIngress | null;
  /** The oldest Ingress that says whom endpoints must come from, or cannot say it any more: what is not said elsewhere is as there. */
  readonly endpointTrustOwner: ParsedIngress | null;
  /** Ingresses that want its TLS connections handed on undecrypted, oldest first. */
  readonly passthrough: readonly ParsedIngress[];
  readonly problems: readonly Problem[];
}

/** Requests for one name of a site go to the other. */
export interface WwwRedirect {
  readonly from: HostName;
  readonly to: HostName;
}

export interface Certificate {
  /** Key of the Secret. */
  readonly key: ObjectKey;
  /** Certificate chain and private key. */
  readonly pem: string;
  readonly names: readonly string[];
  /** Milliseconds since the epoch until which it is valid. */
  readonly expires: number;
}

/** What a host with TLS serves; null is the default certificate. */
export interface HostCertificate {
  /** The host, or another of its names. */
  readonly host: string;
  readonly certificate: Certificate | null;
  readonly problems: readonly Problem[];
}

/** Whose certificates are trusted. */
export interface Authority {
  /** Name of its file, unique, without an ending. */
  readonly file: string;
  /** PEM. */
  readonly certificates: string;
  /** PEM; null without a list. */
  readonly revoked: string | null;
}

/** What a host asks of clients' certificates. */
export type HostClientAuth = { readonly problems: readonly Problem[] } & (
  | {
      readonly state: 'usable';
      /** Null: nobody is asked for a certificate. */
      readonly authority: Authority | null;
      readonly annotations: ClientAuthAnnotations;
      readonly owner: ParsedIngress;
    }
  /** Nobody gets in. */
  | {
      readonly state: 'broken';
      readonly authority: null;
      readonly annotations: null;
      readonly owner: null;
    }
);

/** Who may log in. */
export type UserList =
  | {
      readonly state: 'usable';
      /** What nginx/lua/tidegate/users.lua decodes. */
      readonly text: string;
      /** Of the text. */
      readonly digest: string;
    }
  /** Nobody. */
  | { readonly state: 'closed' };

/** Headers that the controller's ConfigMap asks for everywhere. */
export interface GlobalHeaders {
  /** Of answers. */
  readonly added: readonly Header<Expression>[];
  /** Of requests to endpoints. */
  readonly passed: readonly Header<Expression>[];
}

/** What the objects mean together. */
export interface Graph {
  /** Ordered by name. */
  readonly hosts: readonly GraphHost[];
  /** Ordered by name; the first is not special. */
  readonly backends: readonly Backend[];
  /** The names that had to be made unique, as text; usually empty. Rendered hosts depend on it. */
  readonly collisions: string;
  /** The name of the backend that a reference stands for. */
  backendName(ref: BackendRef | null): Literal;
  /** Ordered by host. */
  readonly redirects: readonly WwwRedirect[];
  /** Ordered by host; only hosts with `spec.tls`, and their other names as far as the certificate covers them. */
  readonly certificates: readonly HostCertificate[];
  /** The certificate of --default-ssl-certificate, or null for the generated one. */
  readonly defaultCertificate: Certificate | null;
  /** Only hosts that ask for certificates. */
  readonly clientAuth: ReadonlyMap<Host, HostClientAuth>;
  /** By the keys of Ingresses that ask for passwords. */
  readonly userLists: ReadonlyMap<Literal, UserList>;
  /** Keys of the Secrets that nginx reads as files. */
  readonly fileSecrets: ReadonlySet<ObjectKey>;
  /** PEM text that the ConfigMap's ssl-dh-param stands for, or null. */
  readonly dhParameters: string | null;
  readonly headers: GlobalHeaders;
  /** TCP and UDP services. */
  readonly streams: Streams;
  /** Ingresses with snippets for TCP and UDP, oldest first. */
  readonly streamSnippets: readonly ParsedIngress[];
  /** Ordered by host. */
  readonly passthrough: readonly PassedHost[];
  readonly problems: readonly Problem[];
  readonly counts: { readonly ingresses: number; readonly hosts: number };
}
