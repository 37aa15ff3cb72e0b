/** A value, or the reason why there is none, written for the person who made the mistake. */
export type Result<T> =
  /** `leftOut`: parts of the text that do not count, each with the reason. */
  | { readonly ok: true; readonly value: T; readonly leftOut?: readonly string[] }
  | { readonly ok: false; readonly reason: string };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** A value without the parts of its text that are wrong. */
export function okWithout<T>(value: T, leftOut: readonly string[]): Result<T> {
  return leftOut.length === 0 ? ok(value) : { ok: true, value, leftOut };
}

export function fail(reason: string): Result<never> {
  return { ok: false, reason };
}
