import type { Kind, KubeObject, ObjectKey } from './objects.ts';

/**
 * Where a source puts what it learns. The stores implement it; a source never reads it back. Objects are given slimmed and
 * deeply frozen, and must not be given again when nothing changed (same uid and resourceVersion).
 */
export interface Sink {
  /** The complete set of one kind, after a list. The kind counts as synced from the first call on. */
  replace(kind: Kind, objects: readonly KubeObject[]): void;
  /** One object is new or changed. */
  put(object: KubeObject): void;
  /** One object is gone. */
  remove(kind: Kind, key: ObjectKey): void;
}

/** A running source. */
export interface Source {
  /** Ends all activity; resolves when no further call to the sink can happen. Never rejects. */
  stop(): Promise<void>;
}
