/** AdmissionReview v1 in and out (compat/behaviour.md 31.1). */

export type Decoded =
  | { readonly kind: 'ingress'; readonly review: Review }
  /** A status without a body. */
  | { readonly kind: 'status'; readonly status: 400 | 500 };

export interface Review {
  /** The whole body, which the answer repeats. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly uid: string;
  readonly object: unknown;
}

export interface Verdict {
  readonly allowed: boolean;
  /** Why not; empty when allowed. */
  readonly message: string;
  readonly warnings: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

export function decodeReview(text: string): Decoded {
  const body = parseJson(text);
  if (body === null) return { kind: 'status', status: 400 };
  if (body['kind'] !== 'AdmissionReview') return { kind: 'status', status: 500 };
  if (body['apiVersion'] !== 'admission.k8s.io/v1') return { kind: 'status', status: 400 };
  const request = asObject(body['request']);
  const kind = asObject(request?.['kind']);
  const isIngress =
    kind?.['group'] === 'networking.k8s.io' && kind['version'] === 'v1' && kind['kind'] === 'Ingress';
  if (request === null || !isIngress) return { kind: 'status', status: 500 };
  const uid = typeof request['uid'] === 'string' ? request['uid'] : '';
  return { kind: 'ingress', review: { body, uid, object: request['object'] } };
}

function parseJson(text: string): Json | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

function asObject(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
}

/** The received review with `response` filled in. */
export function encodeReview({ body, uid }: Review, verdict: Verdict): string {
  const response = {
    uid,
    allowed: verdict.allowed,
    ...(verdict.allowed
      ? {}
      : { status: { status: 'Failure', message: verdict.message, reason: 'BadRequest', code: 400 } }),
    ...(verdict.warnings.length === 0 ? {} : { warnings: verdict.warnings }),
  };
  return JSON.stringify({ ...body, response }, null, 2);
}
