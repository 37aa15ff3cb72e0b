/** What nginx does with TCP and UDP, as the model has it. */
import type { HostName, Literal, Snippet } from '../text/safe.ts';

/**
 * Addresses by name, which are live state of another kind: nginx asks for them while it runs. A name says everything but the
 * addresses, so that it never leads elsewhere for a file that has it.
 */
export type EndpointNames = ReadonlyMap<string, readonly string[]>;

export type StreamUpstream =
  /** A key of the endpoint names, and the port that all of them have. */
  | { readonly kind: 'name'; readonly name: Literal; readonly port: number }
  /** Addresses with ports, which differ. */
  | { readonly kind: 'places'; readonly places: readonly string[] };

/** A TCP or UDP service. */
export interface StreamServer {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** For logs. */
  readonly name: Literal;
  readonly upstream: StreamUpstream;
  readonly decode: boolean;
  readonly encode: boolean;
}

export interface StreamSnippet {
  /** `namespace/name` of the Ingress. */
  readonly owner: Literal;
  readonly text: Snippet;
}

/** What nginx does with TCP and UDP besides HTTP. */
export interface StreamModel {
  readonly services: readonly StreamServer[];
  /** Of Ingresses, in order. */
  readonly snippets: readonly StreamSnippet[];
  /** Hosts whose TLS connections are handed on undecrypted, with the names of their pools; ordered. */
  readonly passed: readonly { readonly host: HostName; readonly pool: Literal }[];
  /** Ordered by name. */
  readonly pools: readonly { readonly name: Literal; readonly endpoints: readonly string[] }[];
}
