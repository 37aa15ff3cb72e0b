import { formatDuration } from './duration.ts';
import { type FlagGroup, type FlagSpec, groups } from './spec.ts';
import { type FlagName, flagNames, flags } from './table.ts';

const width = 100;

/** The text of `--help`: all flags by group, no line longer than 100 columns. Ends with a newline. */
export function usage(): string {
  const lines = [
    'Usage: nginx-ingress-controller [flags]',
    '       tidegate lint --manifests DIR     every problem with file and line',
    '       tidegate render --manifests DIR   the nginx.conf that would be used',
    '       tidegate convert -f FILE          today’s form of old Ingress objects',
    '',
  ];
  for (const group of Object.keys(groups) as FlagGroup[]) {
    lines.push(`${groups[group]}:`, '');
    for (const name of flagNames) {
      if (flags[name].group === group) lines.push(...entry(heading(name), describe(flags[name])));
    }
    if (group === 'lifecycle') lines.push(...entry('  -h, --help', 'Print this text and exit.'));
    lines.push('');
  }
  return `${lines.slice(0, -1).join('\n')}\n`;
}

function entry(head: string, text: string): readonly string[] {
  return [head, ...wrap(text, '        ')];
}

function heading(name: FlagName): string {
  const dashes = name === 'v' ? '  -v, --v' : `      --${name}`;
  const word = argument(flags[name]);
  return word === '' ? dashes : `${dashes} ${word}`;
}

function argument(spec: FlagSpec): string {
  switch (spec.type) {
    case 'bool':
      return '';
    case 'uint32':
      return 'int';
    case 'float32':
    case 'float64':
      return 'float';
    case 'list':
      return 'strings';
    case 'repeated':
      return 'string';
    case 'choice':
      return spec.choices.join('|');
    default:
      return spec.type;
  }
}

function describe(spec: FlagSpec): string {
  const shown = showDefault(spec);
  return [spec.doc, ...(shown === '' ? [] : [`(default ${shown})`])].join(' ');
}

/** Empty for values that go without saying: no text, 0, false, no elements. */
function showDefault(spec: FlagSpec): string {
  if (spec.type === 'duration') return spec.default === 0 ? '' : formatDuration(spec.default);
  const value = spec.default;
  if (typeof value === 'object') return value.join(',');
  if (value === false || value === 0) return '';
  return String(value);
}

function wrap(text: string, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.length > indent.length && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
    }
    line += line.length === indent.length ? word : ` ${word}`;
  }
  return [...lines, line];
}

export interface BuildFacts {
  readonly version: string;
  /** Commit or other name of the build. */
  readonly build: string;
  readonly repository: string;
  /** What `nginx -v` prints, such as `nginx version: nginx/1.28.0`; `N/A` when it cannot be asked. */
  readonly nginxVersion: string;
}

/** What is printed on stdout at every start, and by `--version`. Ends with a newline. */
export function banner(facts: BuildFacts): string {
  const rule = '-'.repeat(79);
  return [
    rule,
    'Tidegate, the ingress controller for Kubernetes with nginx',
    `  Release:       ${facts.version}`,
    `  Build:         ${facts.build}`,
    `  Repository:    ${facts.repository}`,
    `  ${facts.nginxVersion.trim()}`,
    rule,
    '',
  ].join('\n');
}
