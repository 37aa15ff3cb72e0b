import { createHash } from 'node:crypto';
import type { Kind, ObjectMeta, ObjectsByKind } from '../objects.ts';

/** What the manifest says about an object before the source adds what the API server would. */
export type WrittenMeta = Omit<ObjectMeta, 'uid' | 'resourceVersion'>;

export interface Head<K extends Kind> {
  readonly kind: K;
  readonly apiVersion: string;
  readonly metadata: WrittenMeta;
}

/**
 * The finished object: `uid` follows from kind, namespace and name alone, `resourceVersion` from the whole content, so that both
 * are the same in every process; deeply frozen.
 */
export function seal<K extends Kind>(
  head: Head<K>,
  rest: Omit<ObjectsByKind[K], 'kind' | 'apiVersion' | 'metadata'>,
): ObjectsByKind[K] {
  const { kind, apiVersion, metadata } = head;
  const uid = uidOf(`${kind}/${metadata.namespace}/${metadata.name}`);
  const resourceVersion = hash(JSON.stringify([apiVersion, kind, metadata, rest])).slice(0, 16);
  const object = { apiVersion, kind, metadata: { ...metadata, uid, resourceVersion }, ...rest };
  // Omit and spread lose the link between K and its shape, which the parameters have already proven.
  return deepFreeze(object) as unknown as ObjectsByKind[K];
}

/** A UUID of version 8, which RFC 9562 leaves to the one who makes it. */
function uidOf(identity: string): string {
  const digits = hash(identity);
  const variant = ((Number.parseInt(digits.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function deepFreeze<T extends object>(value: T): T {
  for (const field of Object.values(value)) {
    if (typeof field === 'object' && field !== null) deepFreeze(field as object);
  }
  return Object.freeze(value);
}
