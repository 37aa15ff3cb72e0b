/** `tidegate explain NAME`: what an annotation, a key of the ConfigMap or a flag is, from the tables that the program itself reads. */
import { flagNames, flags } from '../config/flags/table.ts';
import { settingsTable } from '../config/settings/table.ts';
import { effectOfBad } from '../graph/annotations/annotation.ts';
import { annotationEntries } from '../graph/annotations/read.ts';
import { nearest } from '../lib/nearest.ts';
import { exitCodes } from './exit-codes.ts';

const PREFIX = 'nginx.ingress.kubernetes.io/';

/** @param args the words after `explain`. @throws when there is not exactly one. */
export function explain(args: readonly string[], write: (text: string) => void): number {
  const [word, ...more] = args;
  if (word === undefined || more.length > 0)
    throw new Error(
      'name one annotation, key of the ConfigMap or flag, for example: explain proxy-body-size',
    );
  const name = word.replace(PREFIX, '').replace(/^--/, '');
  const parts = [...ofAnnotations(name), ...ofSettings(name), ...ofFlags(name)];
  if (parts.length === 0) {
    write(`${word} is no annotation, key of the ConfigMap or flag${suggestion(name)}\n`);
    return exitCodes.refused;
  }
  write(`${parts.map((lines) => lines.join('\n  ')).join('\n\n')}\n`);
  return exitCodes.success;
}

type Lines = readonly string[];

function ofAnnotations(name: string): readonly Lines[] {
  return annotationEntries
    .filter((entry) => entry.name === name || entry.aliases?.includes(name) === true)
    .map((entry) => [
      `Annotation ${PREFIX}${entry.name}`,
      entry.doc,
      `Value: ${entry.type.name}`,
      `Example: ${entry.example}`,
      `When the value is wrong, ${effectOfBad(entry)}.`,
      `Risk: ${entry.risk}`,
      ...(entry.aliases === undefined ? [] : [`Older names: ${entry.aliases.join(', ')}`]),
    ]);
}

function ofSettings(name: string): readonly Lines[] {
  return Object.values(settingsTable)
    .filter(({ key }) => key === name)
    .map((entry) => [
      `Key ${entry.key} of the ConfigMap`,
      entry.doc,
      `Value: ${entry.type.name}`,
      `Default: ${entry.default === '' ? 'none' : entry.default}`,
    ]);
}

function ofFlags(name: string): readonly Lines[] {
  return flagNames
    .filter((known) => known === name)
    .map((known) => {
      const { doc, type, default: usual, effect } = flags[known];
      const value = String(usual) === '' ? 'none' : String(usual);
      const later = effect === 'now' ? [] : ['It has no effect.'];
      return [`Flag --${known}`, doc, `Value: ${type}`, `Default: ${value}`, ...later];
    });
}

function suggestion(name: string): string {
  const known = [
    ...annotationEntries.flatMap((entry) => [entry.name, ...(entry.aliases ?? [])]),
    ...Object.values(settingsTable).map(({ key }) => key),
    ...flagNames,
  ];
  const found = nearest(name, known);
  return found === undefined ? '.' : `; did you mean ${found}?`;
}
