/** `npm run docs`: writes the pages of docs/ that come from tables. A test holds them up to date. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flagNames, flags } from '../config/flags/table.ts';
import { keysWithoutEffectYet } from '../config/settings/later.ts';
import { settingsTable } from '../config/settings/table.ts';
import { annotationsWithoutEffectYet } from '../graph/annotations/later.ts';
import { effectsOfInvalid } from '../graph/annotations/annotation.ts';
import type { Annotation } from '../graph/annotations/annotation.ts';
import { annotationFamilies } from '../graph/annotations/read.ts';
import { problemCodes } from '../graph/problems.ts';

const GENERATED = '<!-- Written by `npm run docs` from the tables in src/; do not edit. -->';

/** Path below docs/ and content of each page. */
export function generatedPages(): ReadonlyMap<string, string> {
  return new Map([
    ['annotations.md', annotationsPage()],
    ['configmap.md', settingsPage()],
    ['flags.md', flagsPage()],
    ['problems.md', problemsPage()],
  ]);
}

function page(title: string, ...parts: readonly string[]): string {
  return [`# ${title}`, GENERATED, ...parts].join('\n\n') + '\n';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function names(list: Iterable<string>): string {
  return [...list].map(code).join(', ');
}

function annotationsPage(): string {
  const families = Object.entries(annotationFamilies).map(([family, entries]) => {
    const rows = Object.values<Annotation<unknown>>(entries).map((entry) => [
      code(entry.name),
      entry.type.name,
      code(entry.example),
      entry.doc,
      effectsOfInvalid[entry.invalid],
      entry.risk,
    ]);
    return `## ${family}\n\n${table(['annotation', 'value', 'example', 'effect', 'when the value is wrong', 'risk'], rows)}`;
  });
  return page(
    'Annotations',
    'The prefix is `nginx.ingress.kubernetes.io/`, or what `--annotations-prefix` says. An absent or empty annotation leaves ' +
      'the decision to the [ConfigMap](configmap.md).',
    ...families,
    '## Known, without effect yet',
    `These are ignored with a warning: ${names(annotationsWithoutEffectYet)}.`,
  );
}

function settingsPage(): string {
  const rows = Object.values(settingsTable).map((entry) => [
    code(entry.key),
    entry.type.name.length > 60 ? `${entry.type.name.slice(0, 57)}…` : entry.type.name,
    code(entry.default),
    entry.doc,
  ]);
  return page(
    'ConfigMap',
    'Keys of the ConfigMap that `--configmap` names. A wrong value is reported and the default is used instead.',
    table(['key', 'value', 'default', 'effect'], rows),
    '## Known, without effect yet',
    `${names(keysWithoutEffectYet)}.`,
  );
}

const effects = { now: '', later: 'no effect yet', none: 'accepted, never has an effect' } as const;

function flagsPage(): string {
  const rows = flagNames.map((name) => {
    const flag = flags[name];
    const standard = Array.isArray(flag.default) ? flag.default.join(',') : String(flag.default);
    return [
      code(`--${name}`),
      flag.type,
      standard === '' ? '' : code(standard),
      flag.doc,
      effects[flag.effect],
    ];
  });
  return page(
    'Flags',
    'Written `--name=value` or `--name value`; booleans `--name` or `--name=false`. Durations are shown in milliseconds.',
    table(['flag', 'type', 'default', 'meaning', ''], rows),
  );
}

function problemsPage(): string {
  const rows = Object.entries(problemCodes).map(([name, doc]) => [code(name), doc]);
  return page(
    'Problems',
    'What can be wrong with an object. The log and `tidegate lint` name the object, the field and what to write instead.',
    table(['code', 'meaning'], rows),
  );
}

if (import.meta.main) {
  for (const [name, text] of generatedPages()) {
    writeFileSync(join(import.meta.dirname, '../../docs', name), text);
  }
}
