/** What nginx shall do, in nginx's words. Nothing here knows Kubernetes objects, files or processes. */
import type { GlobalHeaders, LocationKind } from '../graph/graph.ts';
import type { Header } from '../text/headers.ts';
import type { BackendTls, LocationTls, PoolName } from './backend-tls.ts';
import type { AccessPolicy, CorsPolicy, LogPolicy } from './access-model.ts';
import type { AuthPool, ExternalAuth } from './auth-model.ts';
import type { SecurityPolicy } from './modsecurity.ts';
import type { ExtrasPolicy } from './extras.ts';
import type { TelemetryPolicy } from './telemetry.ts';
import type { Mirror } from './mirror.ts';
import type { EndpointNames, StreamModel } from './stream-model.ts';
import type { UpstreamPolicy } from './upstream-model.ts';
import type { LocationErrors, ServerErrors } from './errors.ts';
import type { PasswordPolicy } from './password.ts';
import type { Settings } from '../config/settings/table.ts';
import type {
  Alias,
  Ciphers,
  Duration,
  Expression,
  HostName,
  Literal,
  Pattern,
  Size,
  Snippet,
  Token,
  Url,
} from '../text/safe.ts';

export type { StreamServer, StreamUpstream } from './stream-model.ts';
export type { FastcgiPolicy, UpstreamPolicy, UpstreamProtocol } from './upstream-model.ts';
export type { AccessPolicy, AuthPool, CorsPolicy, EndpointNames, ExternalAuth, LogPolicy, StreamModel };

/** How a location is chosen: `location "/x/"`, `location = "/x"`, `location ~* "^/x"`. */
export type Match =
  | { readonly kind: 'prefix'; readonly path: Literal }
  | { readonly kind: 'exact'; readonly path: Literal }
  | { readonly kind: 'regex'; readonly pattern: Pattern };

/** Everything a location does that names its owner, its host or its path. Printed as variables. */
export interface Route {
  readonly namespace: Literal;
  readonly ingress: Literal;
  readonly service: Literal;
  readonly servicePort: Literal;
  /** As declared in the Ingress. */
  readonly path: Literal;
  readonly kind: LocationKind;
  /** Name of the backend; key of its live state. */
  readonly upstream: Literal;
  readonly rewrite: { readonly pattern: Pattern; readonly target: Expression } | null;
  /** X-Forwarded-Prefix, only together with a rewrite. */
  readonly forwardedPrefix: Expression | null;
  readonly limits: readonly Limit[];
  readonly mirror: Mirror | null;
  /** Said in a comment only. */
  readonly refusedMirror: Pick<Mirror, 'name' | 'body'> | null;
  /** Key of the list of those who may log in; null where nobody is asked for a password. */
  readonly users: Literal | null;
  /** Of the internal location that asks an authentication service; null when none is asked. */
  readonly authName: Literal | null;
  /** Whether the redirect to HTTPS is off because of the path (ACME challenges). */
  readonly tlsRedirect: 'by-policy' | 'never';
}

/** Settings of proxying that differ from the level above; null inherits. */
export interface ProxyPolicy {
  readonly connectTimeout: Duration | null;
  readonly sendTimeout: Duration | null;
  readonly readTimeout: Duration | null;
  readonly bodySize: Size | null;
  readonly bufferSize: Size | null;
  readonly buffersNumber: number | null;
  readonly busyBuffersSize: Size | null;
  readonly maxTempFileSize: Size | null;
  readonly buffering: 'on' | 'off' | null;
  readonly requestBuffering: 'on' | 'off' | null;
  readonly httpVersion: '1.0' | '1.1' | null;
  readonly nextUpstream: readonly Token[] | null;
  readonly nextUpstreamTimeout: number | null;
  readonly nextUpstreamTries: number | null;
  readonly clientBodyBufferSize: Size | null;
}

/** What Lua decides about HTTP and HTTPS; null inherits the ConfigMap's word. */
export interface RedirectPolicy {
  readonly ssl: boolean | null;
  readonly forceSsl: boolean | null;
  readonly preserveTrailingSlash: boolean | null;
  readonly usePort: boolean | null;
  /** Redirects of nginx itself without scheme and host. */
  readonly relative: boolean;
  /** Where every request of the location goes. */
  readonly target: { readonly code: number; readonly url: Url } | null;
}

/** Everything a location does that does not name its owner. Equal policies are one value. */
export interface Policy {
  readonly answer: 'proxy' | 'denied' | 'redirect';
  /** Why it is denied, in words without owner, host and path; null where nothing is known about it. */
  readonly denial: string | null;
  readonly proxy: ProxyPolicy;
  readonly redirect: RedirectPolicy;
  readonly upstream: UpstreamPolicy;
  readonly access: AccessPolicy;
  readonly cors: CorsPolicy | null;
  readonly password: PasswordPolicy | null;
  readonly auth: ExternalAuth | null;
  readonly satisfy: 'any' | 'all' | null;
  readonly log: LogPolicy;
  readonly pushPreload: boolean;
  /** Null: no spans are made. */
  readonly telemetry: TelemetryPolicy | null;
  /** Null: nothing. */
  readonly extras: ExtrasPolicy | null;
  readonly security: SecurityPolicy | null;
  /** Of answers, besides those of endpoints. */
  readonly headers: readonly Header<Literal>[];
  /** In this order. */
  readonly snippets: readonly Snippet[];
}

/** A policy with a location of its own in the default server, for hosts that are newer than the file. */
export interface NamedPolicy {
  readonly name: `@policy_${string}`;
  readonly policy: Policy;
}

/** One of the limits of an Ingress, for all its paths together (compat/behaviour.md 25.2). */
export interface Limit {
  readonly kind: 'connections' | 'second' | 'minute';
  readonly zone: Token;
  readonly count: number;
  /** Requests above the rate that are let through; 0 for connections. */
  readonly burst: number;
}

/** The limits of one Ingress, and who is not counted. */
export interface LimitGroup {
  /** Part of the names of its variables. */
  readonly id: Token;
  readonly exempt: readonly Token[];
  readonly limits: readonly Limit[];
}

export interface Location {
  readonly match: Match;
  readonly route: Route;
  readonly policy: Policy;
  readonly errors: LocationErrors;
  /** Null: as nginx does it by itself. */
  readonly tls: LocationTls | null;
}

export type ServerName =
  | { readonly kind: 'exact'; readonly name: HostName }
  /** `*.host`: exactly one label in front (compat/behaviour.md 15.2). */
  | { readonly kind: 'wildcard'; readonly name: HostName }
  | { readonly kind: 'catch-all' };

/** What clients must show (compat/behaviour.md section 24). */
export interface ClientCertificates {
  readonly authority: SideFile;
  readonly revoked: SideFile | null;
  readonly verify: 'on' | 'off' | 'optional' | 'optional_no_ca';
  readonly depth: number;
  readonly errorPage: Url | null;
  /** Whether endpoints get the certificate. */
  readonly pass: boolean;
}

/** TLS of a host that differs from what all hosts share; null inherits. */
export interface ServerTls {
  readonly ciphers: Ciphers | null;
  readonly preferServerCiphers: boolean | null;
  readonly clients: ClientCertificates | null;
}

/** What a server says besides its locations because an Ingress asks for it. */
export type ServerTopic =
  | 'names'
  | 'ciphers'
  | 'preference'
  | 'clients'
  | 'appRoot'
  | 'snippet'
  | 'backendTls';

export interface Server {
  /** As in the markers of the file: the host, or `_`. */
  readonly host: Literal;
  readonly name: ServerName;
  readonly aliases: readonly Alias[];
  /** `forbidden`: whatever is asked for gets 403. */
  readonly answer: 'locations' | 'forbidden';
  readonly tls: ServerTls | null;
  /** For locations that do not say it themselves. */
  readonly backendTls: BackendTls | null;
  /** Others than subjects of certificates that match get 403. */
  readonly subject: Pattern | null;
  /** Where requests for `/` are redirected. */
  readonly appRoot: Expression | null;
  /** Before the locations, and after them. */
  readonly snippets: { readonly before: Snippet | null; readonly after: Snippet | null };
  /** In the order in which nginx shall see them. */
  readonly locations: readonly Location[];
  /** Of the default server only, by name. */
  readonly policies: readonly NamedPolicy[];
  readonly errors: ServerErrors;
  /** `namespace/name` of the Ingress that asks for it. */
  readonly owners: Readonly<Partial<Record<ServerTopic, string>>>;
}

/** Sends everybody from one name of a site to the other (compat/behaviour.md 18.4). */
export interface RedirectServer {
  readonly from: HostName;
  readonly to: HostName;
}

/** A file that nginx reads besides its configuration. */
export interface SideFile {
  /**
   * `content`: named after what it holds, so that no generation changes another's. `secret`: named after where it comes from,
   * as scripts know it; nginx has read it when the next generation replaces it.
   */
  readonly folder: 'content' | 'secret';
  readonly name: string;
  readonly content: Buffer;
}

/** TLS with clients, as far as it is more than settings. */
export interface HttpTls {
  /** Name of the memory that holds sessions: another one when they must not be resumed any more. */
  readonly sessionZone: string;
  /**
   * `own`: what the default server asks of clients must not be asked of those of other servers, or every server has a hook of its
   * own, for which nginx wants a context.
   */
  readonly contexts: 'shared' | 'own';
  readonly ticketKey: SideFile | null;
  readonly dhParam: SideFile | null;
}

/** What is said once, at the level of http and above. */
export interface HttpModel {
  readonly settings: Settings;
  readonly nameHash: { readonly bucketSize: number; readonly maxSize: number };
  /** Whether ModSecurity is on anywhere. */
  readonly modsecurity: boolean;
  /** Whether any endpoints speak gRPC. */
  readonly speaksGrpc: boolean;
  /** Whether answers of authentication services are kept anywhere. */
  readonly authCache: boolean;
  /** Ordered by name. */
  readonly authPools: readonly AuthPool[];
  /** Headers of all answers, and of all requests to endpoints. */
  readonly headers: GlobalHeaders;
  /** Whether endpoints are chosen by what they took to answer anywhere, so that workers must learn it. */
  readonly learnsResponseTimes: boolean;
  /** Whether clients are asked for passwords anywhere. */
  readonly asksForPasswords: boolean;
  /** Whether requests become spans anywhere. */
  readonly makesSpans: boolean;
  /** Whether annotations of Tidegate's own are in force anywhere. */
  readonly hasExtras: boolean;
  /** Upstreams besides the usual one, in order. */
  readonly pools: readonly PoolName[];
  readonly tls: HttpTls;
}

/**
 * Key and value of pieces of live state: `backend:<name>`, `certificate:<ns>/<secret>`, `host:<host>`, `route:<host>`, `users:<key>`,
 * which holds the digest of a list or nothing, and `list:<digest>`.
 */
export type LivePart = ReadonlyMap<string, string>;

/** In parts that keep their identity while nothing in them changes. A key may stand in several parts, with the same value. */
export type LiveState = readonly LivePart[];

export interface Model {
  readonly http: HttpModel;
  readonly stream: StreamModel;
  /** Ordered by host. */
  readonly servers: readonly Server[];
  /** Ordered by name. */
  readonly redirects: readonly RedirectServer[];
  readonly limitGroups: readonly LimitGroup[];
  readonly live: LiveState;
  /** Of TCP and UDP services. */
  readonly endpointNames: EndpointNames;
}
