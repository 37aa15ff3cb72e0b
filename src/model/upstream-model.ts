/** What is said to endpoints, in nginx's words. */
import type { FastcgiParam } from '../text/fastcgi.ts';
import type { Expression, Literal, Url } from '../text/safe.ts';

export type UpstreamProtocol = 'http' | 'https' | 'auto' | 'grpc' | 'grpcs' | 'fcgi';

/** What is said to endpoints; null inherits. */
export interface UpstreamPolicy {
  readonly protocol: UpstreamProtocol;
  readonly host: Expression | null;
  readonly connection: 'close' | 'keep-alive' | null;
  readonly cookieDomain: readonly Url[] | null;
  readonly cookiePath: readonly Url[] | null;
  /** Parameters of proxy_redirect. */
  readonly redirect: readonly Url[] | null;
  /** Null for other protocols. */
  readonly fastcgi: FastcgiPolicy | null;
}

export interface FastcgiPolicy {
  readonly index: Literal | null;
  /** Besides those that all have. */
  readonly params: readonly FastcgiParam[];
}
