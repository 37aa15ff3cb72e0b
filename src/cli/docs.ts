/** `npm run docs`: writes the pages of docs/ that come from tables. A test holds them up to date. */
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { flagNames, flags } from '../config/flags/table.ts';
import { settingsTable } from '../config/settings/table.ts';
import { effectOfBad } from '../graph/annotations/annotation.ts';
import type { Annotation } from '../graph/annotations/annotation.ts';
import { BAD, EDGES, testsOf } from '../graph/annotations/coverage.ts';
import { annotationEntries, annotationFamilies } from '../graph/annotations/read.ts';
import { refusedRequestHeaders, refusedResponseHeaders } from '../text/header-lines.ts';
import { problemCodes } from '../graph/problems.ts';
import { findKeyTests } from './key-tests.ts';

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
      effectOfBad(entry),
      entry.risk,
      testsOf(entry.name).join(', '),
    ]);
    const text =
      family === 'extensions'
        ? `

${extensionsText()}`
        : '';
    const head = ['annotation', 'value', 'example', 'effect', 'when the value is wrong', 'risk', 'Tested by'];
    return `## ${family}

${table(head, rows)}${text}`;
  });
  return page(
    'Annotations',
    'The prefix is `nginx.ingress.kubernetes.io/`, or what `--annotations-prefix` says. An absent or empty annotation leaves ' +
      'the decision to the [ConfigMap](configmap.md).',
    'The last column names the tests that show what a good value does and what goes before what, as files of `src/` without ' +
      `\`.test.ts\`; \`${EDGES}\` has the smallest and largest values of all, and \`${BAD}\` a bad one.`,
    ...families,
  );
}

/** What the lines of extensions hold. */
function extensionsText(): string {
  const extensions = annotationEntries.filter(({ isExtension }) => isExtension === true);
  return [
    `Ingress-nginx does not have these: ${names(extensions.map(({ name }) => name))}. Each holds a rule in each line; empty lines count ` +
      'for nothing. A bad line is named in the Problem, the webhook refuses it, and the Ingress answers 503.',
    '`rate-limits`, five lines at most: `key=TEXT rate=10r/s burst=20`. The key is text with variables; requests for which all of them are ' +
      'empty are not counted. The rate is for a second, a minute (`r/m`) or an hour (`r/h`); `burst` says how many requests may come at ' +
      'once, as many as the rate names by default. A request must be within all lines; one that is refused is counted for none. Each Ingress ' +
      'counts for itself, for all its hosts and paths and all workers of a replica together; the counters take 16 MB, and those that were ' +
      'used least lately go first. Answers have `RateLimit-Limit` (the burst), `RateLimit-Remaining` and `RateLimit-Reset` (seconds until ' +
      'all of it is there again) of draft-ietf-httpapi-ratelimit-headers-06, for the line that is nearest to its end; refusals have ' +
      '`Retry-After`, too. The limits of nginx (`limit-rps` and its like) hold besides.',
    '`request-headers` and `response-headers`, 20 lines at most: `set NAME: VALUE`, `add NAME: VALUE`, `remove NAME`. Only `add` may name a ' +
      'header again. Values are printable ASCII with variables, but without those that are decoded (`$uri` and groups of expressions). ' +
      'What `add_header` in snippets of the ConfigMap says ends where an answer has an `add`. ' +
      `Of requests, these are not to be changed: ${names(refusedRequestHeaders)}; of answers: ${names(refusedResponseHeaders)}. ` +
      'Any case, `_` for `-`, and with `*` all that begin so.',
    '`redirects`, 20 lines at most: `FROM TO STATUS`, where FROM is a whole path, or an expression after `~` (`~*`: any case) that is looked ' +
      'for in the decoded path; TO begins with `/`, or with `http://` or `https://` and a host, which is written or `$host`, and may hold `$1` to ' +
      '`$9`, `$host`, `$request_uri`, `$args` and `$is_args`; STATUS is 301, 302, 303, 307 or 308. After that, there may be one condition: ' +
      '`if header NAME`, `if cookie NAME` or `if query NAME`, with `=VALUE` or without. The first line that fits counts. Redirects come after ' +
      '`rate-limits` and preflights of CORS, and before the redirect to HTTPS, passwords and authentication services. What is taken from the ' +
      'path is encoded; a target that begins with `/` is sent as it is, without scheme and host.',
  ].join('\n\n');
}

function settingsPage(): string {
  const testsOf = findKeyTests();
  const rows = Object.values(settingsTable).map((entry) => [
    code(entry.key),
    entry.type.name.length > 60 ? `${entry.type.name.slice(0, 57)}…` : entry.type.name,
    code(entry.default),
    entry.doc,
    testsOf(entry.key)
      .map((name) => `[${basename(name, '.test.ts')}](../src/${name})`)
      .join(', '),
  ]);
  return page(
    'ConfigMap',
    'Keys of the ConfigMap that `--configmap` names. A wrong value is reported and the default is used instead.',
    table(['key', 'value', 'default', 'effect', 'tests'], rows),
  );
}

const effects = { now: '', none: 'accepted, never has an effect' } as const;

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
