/** ConfigMaps whose entries are lines of nginx.conf each. */
import { compareText } from '../lib/keys.ts';
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { ConfigMap } from '../source/objects.ts';

/** nginx looks at all of them for every request. */
const MOST = 100;

/**
 * All entries, ordered by name, or what is wrong with the first that is none.
 * @param what they are, for people: `headers`.
 */
export function parseEntries<T>(
  { data = {} }: ConfigMap,
  what: string,
  parse: (name: string, value: string) => Result<T>,
): Result<readonly T[]> {
  const entries = sortedEntries(data);
  if (entries.length > MOST) return fail(`holds ${entries.length} ${what}; ${MOST} at most`);
  const values: T[] = [];
  for (const [name, value] of entries) {
    const parsed = parse(name, value);
    if (!parsed.ok) return parsed;
    values.push(parsed.value);
  }
  return ok(Object.freeze(values));
}

export function sortedEntries(
  data: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  return Object.entries(data).sort(([a], [b]) => compareText(a, b));
}
