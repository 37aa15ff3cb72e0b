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

/** Objects of the API server are a dozen levels deep; what is much deeper cannot be written again. */
const MAX_DEPTH = 200;

function isTooDeep(text: string): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (inText) {
      if (char === '\\') at++;
      else if (char === '"') inText = false;
    } else if (char === '"') inText = true;
    else if (char === '{' || char === '[') {
      if (++depth > MAX_DEPTH) return true;
    } else if (char === '}' || char === ']') depth--;
  }
  return false;
}

function parseJson(text: string): Json | null {
  if (isTooDeep(text)) return null;
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
