import type { ServerResponse } from 'node:http';
import type { FakeKind } from './resources.ts';

export type Verb = 'list' | 'watch' | 'get' | 'create' | 'update' | 'patch' | 'delete' | 'other';

/** One request as the server saw it. */
export interface SeenRequest {
  readonly verb: Verb;
  /** Undefined for `/version` and unknown paths. */
  readonly kind: FakeKind | undefined;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly contentType: string;
  /** The parsed JSON; undefined without a body. */
  readonly body: unknown;
}

/** What to do in place of an answer, for the next requests that match. */
export interface Fault {
  /** Default: any. */
  readonly kind?: FakeKind;
  /** Default: any. */
  readonly verb?: Verb;
  /** A further condition. */
  readonly when?: (request: SeenRequest) => boolean;
  /**
   * An error status; or `hang` (never answer), `reset` (reset the connection), `nonsense` (200 with a body that is not JSON); or
   * whatever a function sends.
   */
  readonly answer: number | 'hang' | 'reset' | 'nonsense' | ((response: ServerResponse) => void);
  /** The Retry-After header. */
  readonly retryAfter?: string;
  /** How often; default 1. */
  readonly times?: number;
}

export interface Faults {
  add(fault: Fault): void;
  /** Removes all. */
  clear(): void;
  /** The fault for this request, used up by one; the oldest that matches. */
  take(request: SeenRequest): Fault | undefined;
}

export function createFaults(): Faults {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  return {
    add: (fault) => {
      waiting.push({ fault, left: fault.times ?? 1 });
    },
    clear: () => {
      waiting = [];
    },
    take: (request) => {
      const found = waiting.find(({ fault }) => matches(fault, request));
      if (found === undefined) return undefined;
      found.left -= 1;
      if (found.left <= 0) waiting = waiting.filter((entry) => entry !== found);
      return found.fault;
    },
  };
}

function matches(fault: Fault, request: SeenRequest): boolean {
  return (
    (fault.kind === undefined || fault.kind === request.kind) &&
    (fault.verb === undefined || fault.verb === request.verb) &&
    (fault.when === undefined || fault.when(request))
  );
}
