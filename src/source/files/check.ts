/** Readers of untyped values: they return what the types of the objects want and report what is in the way. */

/** Takes what is wrong with the value at `field`, a path such as `spec.ports[0].port`. */
export type Report = (field: string, reason: string) => void;

/** A value and where it stands. */
export interface At {
  readonly value: unknown;
  readonly field: string;
  readonly report: Report;
}

type Dictionary = Readonly<Record<string, unknown>>;

export function isDictionary(value: unknown): value is Dictionary {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a key; undefined when the parent is no object or lacks it. */
export function child(parent: At, key: string): At {
  const value =
    isDictionary(parent.value) && Object.hasOwn(parent.value, key) ? parent.value[key] : undefined;
  return { value, field: fieldOf(parent.field, key), report: parent.report };
}

function fieldOf(parent: string, key: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${parent}[${JSON.stringify(key)}]`;
  return parent === '' ? key : `${parent}.${key}`;
}

/** The API treats null like a field that is not there. */
export function isAbsent({ value }: At): boolean {
  return value === undefined || value === null;
}

/** Reads with `read` and reports an absent value. */
export function needed<T>(at: At, read: (at: At) => T | undefined): T | undefined {
  if (isAbsent(at)) {
    at.report(at.field, 'is missing');
    return undefined;
  }
  return read(at);
}

function typeFault(at: At, wanted: string): undefined {
  at.report(at.field, `must be ${wanted} but is ${typeName(at.value)}`);
  return undefined;
}

export function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return 'text';
  return `a ${typeof value}`;
}

/** The parent of further fields; undefined when absent or not an object. */
export function dictionary(at: At): At | undefined {
  if (isAbsent(at)) return undefined;
  return isDictionary(at.value) ? at : typeFault(at, 'an object');
}

export function text(at: At): string | undefined {
  if (isAbsent(at)) return undefined;
  if (typeof at.value === 'string') return at.value;
  if (typeof at.value === 'object') return typeFault(at, 'text');
  at.report(at.field, `must be text but is read as ${typeName(at.value)}; put it in quotes`);
  return undefined;
}

export function bool(at: At): boolean | undefined {
  if (isAbsent(at)) return undefined;
  return typeof at.value === 'boolean' ? at.value : typeFault(at, 'true or false');
}

export function integer(at: At): number | undefined {
  if (isAbsent(at)) return undefined;
  if (Number.isSafeInteger(at.value)) return Number(at.value);
  return typeFault(at, 'a whole number');
}

export function portNumber(at: At): number | undefined {
  const value = integer(at);
  if (value === undefined || (value >= 1 && value <= 65535)) return value;
  at.report(at.field, 'must be a port from 1 to 65535');
  return undefined;
}

/** A port's number, or the name of a port. */
export function portOrName(at: At): number | string | undefined {
  if (typeof at.value === 'string') return at.value;
  if (isAbsent(at) || typeof at.value === 'number') return portNumber(at);
  return typeFault(at, 'a port number or the name of a port');
}

/** Every element read with `read`; elements that `read` refuses are left out (and have been reported by it). */
export function list<T>(at: At, read: (item: At) => T | undefined): readonly T[] | undefined {
  if (isAbsent(at)) return undefined;
  if (!Array.isArray(at.value)) return typeFault(at, 'a list');
  const items: T[] = [];
  for (const [index, value] of at.value.entries()) {
    const item = needed({ value, field: `${at.field}[${index}]`, report: at.report }, read);
    if (item !== undefined) items.push(item);
  }
  return items;
}

/** A map from text to text, such as labels. A key without a value has the empty text, as in the API. */
export function textMap(at: At): Readonly<Record<string, string>> | undefined {
  const parent = dictionary(at);
  if (parent === undefined) return undefined;
  const entries = Object.keys(parent.value as Dictionary).map(
    (key) => [key, text(child(parent, key)) ?? ''] as const,
  );
  return Object.fromEntries(entries);
}

type OptionalKeys<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];

/** `T` with the keys that may be undefined made optional instead. */
export type Compact<T> = Omit<T, OptionalKeys<T>> & {
  readonly [K in OptionalKeys<T>]?: Exclude<T[K], undefined>;
};

/** The same object without the keys whose value is undefined. */
export function compact<T extends object>(value: T): Compact<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Compact<T>;
}
