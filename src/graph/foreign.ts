/** Which objects an annotation may name (compat/annotations.md, cross-cutting rule 7). */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { ObjectKey } from '../source/objects.ts';

/** Whether annotations may name objects of other namespaces. */
export type Foreign = 'allowed' | 'refused';

export const IN_ANOTHER_NAMESPACE =
  'is in another namespace, which allow-cross-namespace-resources of the ConfigMap does not allow';

export interface Reference {
  /** As it is named. */
  readonly key: ObjectKey;
  /** Of the Ingress. */
  readonly namespace: string;
  /** For people: what is wrong when it is no name. */
  readonly malformed: string;
}

/** Reasons follow upon the name of the object. */
export function checkReference(
  { key, namespace, malformed }: Reference,
  foreign: Foreign,
): Result<ObjectKey> {
  const [own = '', name = '', ...others] = key.split('/');
  if (own === '' || name === '' || others.length > 0) return fail(malformed);
  return own !== namespace && foreign === 'refused' ? fail(IN_ANOTHER_NAMESPACE) : ok(key);
}
