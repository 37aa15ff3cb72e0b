/** Services that are asked about requests, in nginx's words. */
import type { Header } from '../text/headers.ts';
import type { Expression, Literal, Snippet, Token } from '../text/safe.ts';

/** Connections to an authentication service that are kept. */
export interface AuthPool {
  /** Unique for the host of the service and these numbers. */
  readonly name: Token;
  /** Idle ones that each worker keeps. */
  readonly connections: number;
  readonly requests: number;
  /** Seconds. */
  readonly timeout: number;
}

/** A service that is asked about every request (compat/behaviour.md section 23). */
export interface ExternalAuth {
  /** Whether the Ingress says it, or the ConfigMap. */
  readonly scope: 'own' | 'global';
  readonly url: Expression;
  /** The Host header that it gets. */
  readonly host: Expression;
  readonly method: string | null;
  readonly signin: Expression | null;
  readonly signinParameter: Literal;
  readonly responseHeaders: readonly Literal[];
  readonly requestRedirect: Expression;
  readonly cacheKey: Expression | null;
  /** Parameters of proxy_cache_valid. */
  readonly cacheDurations: readonly (readonly Token[])[];
  readonly alwaysSetCookie: boolean;
  /** That it gets besides ours. */
  readonly headers: readonly Header<Expression>[];
  readonly pool: AuthPool | null;
  /** Said in nginx.conf, and without effect: questions over such connections know all variables. */
  readonly sharesVariables: boolean;
  readonly snippet: Snippet | null;
}
