import { apiVersionOf } from './resources.ts';
import type { FakeKind } from './resources.ts';

/** An object as tests write it; the store fills in what the API server would. */
export interface FakeObject {
  readonly kind: FakeKind;
  readonly apiVersion?: string;
  readonly metadata: FakeMetadata;
}

export interface FakeMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An object with its JSON text, made once: list items lack kind and apiVersion, everything else has them. */
export interface Stored {
  readonly object: FakeObject;
  readonly version: number;
  readonly bare: string;
}

export interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly now: Stored;
  /** The state before, for selectors. */
  readonly before: Stored | undefined;
}

export interface Store {
  readonly version: () => number;
  get(kind: FakeKind, key: string): Stored | undefined;
  /** In the order of keys, as etcd does. */
  all(kind: FakeKind): readonly Stored[];
  create(object: FakeObject): FakeObject;
  /** Keeps uid and creation time. */
  update(object: FakeObject): FakeObject;
  delete(kind: FakeKind, key: string): void;
  /** Undefined when the history does not reach back that far. */
  changesSince(kind: FakeKind, version: number): readonly Change[] | undefined;
  /** Forgets all history: older versions are gone. */
  compact(): void;
}

/** `onChange` hears every change, in order. */
export function createStore(onChange: (kind: FakeKind, change: Change) => void): Store {
  const kinds = new Map<FakeKind, Map<string, Stored>>();
  const history = new Map<FakeKind, Change[]>();
  let version = 1000;
  let compacted = 0;
  let created = 0;

  function tableOf(kind: FakeKind): Map<string, Stored> {
    const table = kinds.get(kind) ?? new Map<string, Stored>();
    kinds.set(kind, table);
    return table;
  }

  function record(kind: FakeKind, change: Change): void {
    const changes = history.get(kind) ?? [];
    history.set(kind, changes);
    changes.push(change);
    onChange(kind, change);
  }

  function write(object: FakeObject, before: Stored | undefined): FakeObject {
    version += 1;
    if (before === undefined) created += 1;
    const now = seal(object, { before, version, serial: created });
    tableOf(object.kind).set(keyOf(object), now);
    record(object.kind, { version, type: before === undefined ? 'ADDED' : 'MODIFIED', now, before });
    return now.object;
  }

  return {
    version: () => version,
    get: (kind, key) => tableOf(kind).get(key),
    all: (kind) =>
      [...tableOf(kind)].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, stored]) => stored),
    create: (object) => {
      if (tableOf(object.kind).has(keyOf(object))) throw new Error(`${nameOf(object)} already exists`);
      return write(object, undefined);
    },
    update: (object) => {
      const before = tableOf(object.kind).get(keyOf(object));
      if (before === undefined) throw new Error(`${nameOf(object)} does not exist`);
      return write(object, before);
    },
    delete: (kind, key) => {
      const before = tableOf(kind).get(key);
      if (before === undefined) throw new Error(`${kind} ${key} does not exist`);
      tableOf(kind).delete(key);
      version += 1;
      const now = seal(before.object, { before, version, serial: 0 });
      record(kind, { version, type: 'DELETED', now, before });
    },
    changesSince: (kind, from) =>
      from < compacted ? undefined : (history.get(kind) ?? []).filter((change) => change.version > from),
    compact: () => {
      compacted = version;
      history.clear();
    },
  };
}

function seal(
  object: FakeObject,
  {
    before,
    version,
    serial,
  }: { readonly before: Stored | undefined; readonly version: number; readonly serial: number },
): Stored {
  const { kind, apiVersion = apiVersionOf(kind), metadata, ...rest } = object;
  const old = before?.object.metadata;
  const sealed = {
    kind,
    apiVersion,
    metadata: {
      ...metadata,
      uid: old?.uid ?? metadata.uid ?? `00000000-0000-4000-8000-${String(serial).padStart(12, '0')}`,
      resourceVersion: String(version),
      creationTimestamp: old?.creationTimestamp ?? metadata.creationTimestamp ?? '2026-01-01T00:00:00Z',
      generation:
        (old?.generation ?? 0) + (before === undefined || specChanged(object, before.object) ? 1 : 0),
    },
    ...rest,
  };
  const { kind: _kind, apiVersion: _apiVersion, ...bare } = sealed;
  return { object: sealed, version, bare: JSON.stringify(bare) };
}

/** Like the API server, which leaves the generation alone when only status or metadata change. */
function specChanged(one: FakeObject, other: FakeObject): boolean {
  return JSON.stringify(Reflect.get(one, 'spec')) !== JSON.stringify(Reflect.get(other, 'spec'));
}

/** The whole object as JSON, without building it a second time. */
export function fullText({ object, bare }: Stored): string {
  return `{"kind":"${object.kind}","apiVersion":"${object.apiVersion ?? ''}",${bare.slice(1)}`;
}

export function keyOf({ metadata }: Pick<FakeObject, 'metadata'>): string {
  return metadata.namespace === undefined || metadata.namespace === ''
    ? metadata.name
    : `${metadata.namespace}/${metadata.name}`;
}

function nameOf(object: FakeObject): string {
  return `${object.kind} ${keyOf(object)}`;
}
