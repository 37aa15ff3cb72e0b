/** Which test files name a key of the ConfigMap, for docs/configmap.md. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** They take the names from the table, and so say nothing about a single key. */
const ABOUT_ALL = /(?:^|\/)(?:hostile|settings)\.test\.ts$|(?:^|\/)settings-changes\.feature\.test\.ts$/;
const MOST = 2;

/** Returns at most two for a key, those with real requests first. */
export function findKeyTests(): (key: string) => readonly string[] {
  const root = join(import.meta.dirname, '..');
  const isFeature = (name: string) => name.endsWith('.feature.test.ts');
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !ABOUT_ALL.test(name))
    .sort();
  const ordered = [...names.filter(isFeature), ...names.filter((name) => !isFeature(name))];
  const files = ordered.map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));
  return (key) => {
    const word = new RegExp(`(['"\`])${key}\\1`);
    return files
      .filter(({ text }) => word.test(text))
      .map(({ name }) => name)
      .slice(0, MOST);
  };
}
