/** A page of the documentation as a list of steps: files that it shows, commands that it types, and what they print. */
import { parseAllDocuments } from 'yaml';

export interface Block {
  readonly language: string;
  readonly text: string;
  /** Of its first line of text, counted from 1. */
  readonly line: number;
}

/**
 * What must be printed: `lines`, these in this order among others; `all`, these words and no others. `…` stands for anything, and so do
 * times, addresses, ports and the ends of names that the cluster invents.
 */
export type Expected =
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'all'; readonly text: string };

export type Step =
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | {
      readonly kind: 'commands';
      readonly text: string;
      readonly expected: Expected;
      readonly line: number;
    }
  /** Commands that go on until somebody ends them. */
  | { readonly kind: 'serves'; readonly text: string; readonly line: number };

/** All that pages may use: with any other name, commands could be shown that nobody runs. */
const LANGUAGES: Readonly<Record<string, 'commands' | 'output' | 'eye' | 'manifest'>> = {
  sh: 'commands',
  console: 'commands',
  text: 'output',
  yaml: 'manifest',
  handlebars: 'eye',
  nginx: 'eye',
  properties: 'eye',
};

/** Blocks with a language; the others draw pictures. @throws about a language that is not in the list. */
export function blocksOf(markdown: string): readonly Block[] {
  return [...markdown.matchAll(/^ *```(\w*)\n([^]*?)^ *```$/gm)].flatMap((match) => {
    const [, language = '', text = ''] = match;
    const line = markdown.slice(0, match.index).split('\n').length + 1;
    if (language === '') return [];
    if (!(language in LANGUAGES))
      throw new Error(
        `line ${line}: a block of "${language}"; commands are "sh" or "console", others: ${Object.keys(LANGUAGES).join(', ')}`,
      );
    return [{ language, text, line }];
  });
}

/**
 * Blocks of `sh` are run, `text` after one is what it prints; of `console`, lines with a `$` are typed and the others printed; `yaml` that
 * begins with `# file: NAME` is written. All else is for the eye.
 */
export function stepsOf(blocks: readonly Block[]): readonly Step[] {
  const steps: Step[] = [];
  for (const block of blocks) {
    const { language, text, line } = block;
    if (language === 'sh') steps.push(stepOf(text, [], line));
    if (language === 'console') steps.push(...typed(block));
    if (language === 'yaml') {
      const [, name] = /^# file: (\S+)\n/.exec(text) ?? [];
      if (name !== undefined) steps.push({ kind: 'file', name, text });
    }
    if (language === 'text') {
      const last = steps.at(-1);
      if (last?.kind !== 'commands') throw new Error(`line ${line}: this output has no commands before it`);
      steps.splice(-1, 1, stepOf(last.text, text.trimEnd().split('\n'), last.line));
    }
  }
  return steps;
}

const SERVES = /^npm start|--https-port|port-forward/m;

function stepOf(text: string, lines: readonly string[], line: number): Step {
  if (SERVES.test(text)) return { kind: 'serves', text: text.trim().replace(/ &$/, ''), line };
  return { kind: 'commands', text, expected: { kind: 'lines', lines }, line };
}

/** Commands go on where a line ends with a backslash, and to the end of a text that is given to them. */
function typed({ text, line }: Block): readonly Step[] {
  const pattern = /^\$ ((?:.*\\\n)*(?:.*<<(\w+)\n(?:.*\n)*?\2|.*))\n((?:(?!\$ ).*\n)*)/gm;
  const found = [...text.matchAll(pattern)];
  if (found.map(([all]) => all).join('') !== text)
    throw new Error(`line ${line}: a block of "console" begins with a command: "$ …"`);
  return found.map(([, command = '', , output = ''], index): Step => {
    const before = found.slice(0, index).reduce((sum, [all]) => sum + all.split('\n').length - 1, 0);
    const step = stepOf(command, [], line + before);
    return step.kind === 'commands' && output !== ''
      ? { ...step, expected: { kind: 'all', text: output } }
      : step;
  });
}

/** Whether the commands must fail: what they print is an error. */
export function mustFail(expected: Expected): boolean {
  return expected.kind === 'all' && /^error/i.test(expected.text);
}

/** What the output lacks, or null. */
export function missing(output: string, expected: Expected): string | null {
  if (expected.kind === 'lines') return missingLine(output, expected.lines);
  return patternOf(expected.text).test(plain(output)) ? null : expected.text;
}

function missingLine(output: string, expected: readonly string[]): string | null {
  const lines = output.split('\n').map(plain);
  let at = 0;
  for (const wanted of expected) {
    const pattern = patternOf(wanted);
    while (at < lines.length && !pattern.test(lines[at] ?? '')) at++;
    if (at >= lines.length) return wanted;
    at++;
  }
  return null;
}

function patternOf(text: string): RegExp {
  const parts = plain(text)
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`);
}

/** Letters and digits of which the API server makes the ends of names. */
const END = '[bcdfghjklmnpqrstvwxz2456789]';
/** What differs from run to run, and what stands for it. */
const VARIES: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`(?:-${END}{8,10})?-${END}{5}(?![\\w-])`, 'g'), '-POD'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, 'ADDRESS'],
  [/:3\d{4}\//g, ':PORT/'],
  [/\b(?:\d+[dhms])+\b/g, 'TIME'],
  [/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'],
  // The second of the two Jobs tries again until the first has made its certificate.
  [/Completed\s+\d+/g, 'Completed'],
  // How wide columns are matters to nobody.
  [/\s+/g, ' '],
];

function plain(text: string): string {
  return VARIES.reduce((all, [pattern, name]) => all.replaceAll(pattern, name), text.trim());
}

/** Blocks that are whole objects and no files of a walk, each as one text of YAML. */
export function objectsOf(blocks: readonly Block[]): readonly Block[] {
  return blocks.filter(
    ({ language, text }) =>
      language === 'yaml' && !text.startsWith('# file: ') && parseAllDocuments(text).every(isObject),
  );
}

function isObject(document: { readonly toJS: () => unknown }): boolean {
  const value = document.toJS();
  return typeof value === 'object' && value !== null && 'apiVersion' in value && 'kind' in value;
}
