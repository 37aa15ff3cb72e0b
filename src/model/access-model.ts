/** Who may come to a location, and what is written about it, in nginx's words. */
import type { Literal, Token } from '../text/safe.ts';

/** Who may come, and how fast answers go; empty lists and 0 mean no limit. */
export interface AccessPolicy {
  readonly deny: readonly Token[];
  readonly allow: readonly Token[];
  /** Kilobytes a second; null inherits. */
  readonly rate: number | null;
  readonly rateAfter: number | null;
}

/** Values of the headers of CORS. */
export interface CorsPolicy {
  /** `*`, or origins with a comma between them. */
  readonly origins: Literal;
  readonly methods: Literal;
  readonly headers: Literal;
  readonly credentials: boolean;
  readonly expose: Literal;
  readonly maxAge: number;
}

/** What is not usual about logs. */
export interface LogPolicy {
  readonly access: 'off' | null;
  readonly rewrite: 'on' | null;
}
