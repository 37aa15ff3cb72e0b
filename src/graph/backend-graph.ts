/** What serves requests, and how an endpoint is chosen. */
import type { Literal } from '../text/safe.ts';
import type { AffinityAnnotations } from './annotations/affinity.ts';
import type { BackendRef, Host, LocationKind } from './graph.ts';
import type { Problem } from './problems.ts';

export type BackendTarget =
  | {
      readonly kind: 'endpoints';
      readonly endpoints: readonly string[];
      /** Going away, but still serving: for sessions that are with them. */
      readonly draining: readonly string[];
    }
  /** Resolved in the workers when a request needs it. */
  | { readonly kind: 'external'; readonly host: string; readonly port: number };

/** How an endpoint is chosen (compat/behaviour.md section 12). */
export interface Balancing {
  /** Null: what the ConfigMap says. */
  readonly algorithm: string | null;
  /** Text with variables whose value decides, instead of the algorithm. */
  readonly hashBy: string | null;
  /** Endpoints in a group that the hash chooses; null: it chooses endpoints. */
  readonly subset: number | null;
}

/** Sessions that stay with an endpoint (compat/behaviour.md section 13). */
export interface Affinity {
  readonly mode: 'balanced' | 'persistent';
  readonly cookie: AffinityAnnotations;
  /** Where the cookie may be set: paths by host. */
  readonly locations: Readonly<Record<string, readonly string[]>>;
}

export interface CanaryRules {
  readonly weight: number;
  readonly weightTotal: number;
  readonly header: string | null;
  readonly headerValue: string | null;
  readonly headerPattern: string | null;
  readonly cookie: string | null;
}

/** Another backend for some requests of a path. */
export interface Canary {
  readonly backend: BackendRef;
  readonly rules: CanaryRules;
  readonly balancing: Balancing;
  /** Whether sessions of the primary hold for the canary, too. */
  readonly affinity: 'sticky' | 'legacy';
}

/** The canaries of one path, oldest first. */
export interface CanaryRoute {
  readonly host: Host;
  readonly path: Literal;
  readonly kind: LocationKind;
  readonly canaries: readonly Canary[];
}

export interface Backend {
  readonly name: Literal;
  readonly ref: BackendRef | null;
  readonly target: BackendTarget;
  readonly balancing: Balancing;
  readonly affinity: Affinity | null;
  /** Of the paths that this backend serves. */
  readonly routes: readonly CanaryRoute[];
  readonly problems: readonly Problem[];
}
