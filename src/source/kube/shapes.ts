/**
 * Readers of untrusted JSON. A reader gives a frozen copy that holds only the described fields, or `undefined` when the value
 * does not have the shape; it never throws. Copies are built field by field, not by deleting from the parsed object,
 * which would turn it into a slow and large dictionary.
 */
export type Shape<T> = (value: unknown) => T | undefined;

type Present<T> = Exclude<T, undefined | null>;
type OptionalKeys<T> = { [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? K : never }[keyof T];
type RequiredKeys<T> = Exclude<keyof T, OptionalKeys<T>>;

/** One reader for every field of T: a field that is added to T without a reader does not compile. */
export interface StructShape<T> {
  /** An object without one of these does not have the shape. */
  readonly required: { readonly [K in RequiredKeys<T>]: Shape<T[K]> };
  readonly optional: { readonly [K in OptionalKeys<T>]-?: Shape<Present<T[K]>> };
}

export const text: Shape<string> = (value) => (typeof value === 'string' ? value : undefined);

export const number: Shape<number> = (value) => (typeof value === 'number' ? value : undefined);

export const flag: Shape<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);

export const textOrNumber: Shape<string | number> = (value) => text(value) ?? number(value);

/** Elements that do not have the shape are left out. */
export function list<T>(element: Shape<T>): Shape<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const result: T[] = [];
    for (const raw of value) {
      const read = element(raw);
      if (read !== undefined) result.push(read);
    }
    return Object.freeze(result);
  };
}

/** Text by name. The API writes empty bytes as null; other values that are not text are left out. */
export function record(dropped: readonly string[] = []): Shape<Readonly<Record<string, string>>> {
  return (value) => {
    if (!isObject(value)) return undefined;
    const result: Record<string, string> = {};
    for (const name of Object.keys(value)) {
      const raw = value[name] === null ? '' : value[name];
      if (typeof raw === 'string' && !dropped.includes(name)) result[name] = raw;
    }
    return Object.freeze(result);
  };
}

/** The given value in place of a missing or misshapen one. */
export function orElse<T>(shape: Shape<T>, fallback: T): Shape<T> {
  const frozen = Object.freeze(fallback);
  return (value) => shape(value) ?? frozen;
}

export function struct<T extends object>(fields: StructShape<T>): Shape<T> {
  const required: readonly [string, Shape<unknown>][] = Object.entries(fields.required);
  const optional: readonly [string, Shape<unknown>][] = Object.entries(fields.optional);
  return (value) => {
    if (!isObject(value)) return undefined;
    const result: Record<string, unknown> = {};
    for (const [name, shape] of required) {
      const read = shape(value[name]);
      if (read === undefined) return undefined;
      result[name] = read;
    }
    for (const [name, shape] of optional) {
      const read = value[name] === undefined ? undefined : shape(value[name]);
      if (read !== undefined) result[name] = read;
    }
    // Every field of T was read by its own reader: StructShape admits no other fields and no missing ones.
    return Object.freeze(result) as T;
  };
}

/** A JSON object: not null, not an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
