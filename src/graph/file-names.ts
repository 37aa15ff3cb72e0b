import { createHash } from 'node:crypto';
import type { ObjectKey } from '../source/objects.ts';

/**
 * Names of files of Secrets: known to scripts (compat/nginx-conf.md section 3), but ambiguous: `a-b/c` and `a/b-c` must not share
 * one file.
 * @param others names that are taken.
 */
export function fileNames(
  keys: readonly ObjectKey[],
  others: Iterable<string> = [],
): ReadonlyMap<ObjectKey, string> {
  const taken = new Set(['default-fake-certificate', ...others]);
  const names = new Map<ObjectKey, string>();
  for (const key of [...new Set(keys)].sort()) {
    let name = key.replace('/', '-');
    while (taken.has(name)) name = `${name}-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;
    taken.add(name);
    names.set(key, name);
  }
  return names;
}
