/** What is wrong with a ConfigMap, as sentences about its keys. */
import { nearest } from '../../lib/nearest.ts';
import type { ReadSettings, SettingsFault } from './read.ts';
import { settingsTable } from './table.ts';

const known = Object.values(settingsTable).map(({ key }) => key);

/** Bad values first, then keys that nobody knows. */
export function faultsIn({
  faults,
  unknown,
}: Pick<ReadSettings, 'faults' | 'unknown'>): readonly SettingsFault[] {
  return [...faults, ...unknown.map((key) => ({ key, reason: `is no key that there is${suggestion(key)}` }))];
}

function suggestion(key: string): string {
  const found = nearest(key, known);
  return found === undefined ? '; remove it' : `; did you mean ${found}?`;
}
