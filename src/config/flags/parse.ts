import { nearest } from '../../lib/nearest.ts';
import { camel, type FlagValue } from './spec.ts';
import { type FlagName, flagNames, flags, isFlagName, type Options } from './table.ts';
import { parseValue } from './values.ts';

export interface ParsedFlags {
  readonly kind: 'ok';
  readonly options: Options;
  /** The flags that stood on the command line, whatever their value. */
  readonly given: ReadonlySet<FlagName>;
  /** Everything that is no flag, in order: the path of the program, a subcommand, what follows `--`. */
  readonly words: readonly string[];
}

/** The command line is wrong: print `message` and the usage on stderr, exit with status 2. */
export interface FlagError {
  readonly kind: 'error';
  /** What is wrong, naming flag and value, and what to write instead. */
  readonly message: string;
}

/** `--help` or `-h` was met before any error: print the usage, exit with status 0. */
export interface HelpWanted {
  readonly kind: 'help';
}

export type ParseResult = ParsedFlags | FlagError | HelpWanted;

/** What the arguments so far have given; changed while parsing, never afterwards. */
interface State {
  readonly values: Map<FlagName, FlagValue>;
  readonly words: string[];
}

/** One argument read: how many of the following arguments it used up as its value. */
type Step = { readonly kind: 'step'; readonly used: 0 | 1 } | FlagError | HelpWanted;

/**
 * Reads a command line as the flag library of Kubernetes programs (pflag) does: `--name=value`, `--name value`, booleans only as
 * `--name` or `--name=value`, `-v=5`, `-v 5`, `-v5`, `-h`; other words may stand anywhere; `--` ends the flags. The last
 * occurrence of a flag counts; those of a list add up. The first mistake ends the parsing.
 */
export function parseFlags(args: readonly string[]): ParseResult {
  const state: State = { values: new Map(), words: [] };
  let first: FlagError | HelpWanted | null = null;
  readAll(state, args, (stop) => {
    first = stop;
    return 'end';
  });
  return first ?? parsedFrom(state);
}

export interface Lenient extends ParsedFlags {
  /** Each with the index of its argument. */
  readonly faults: readonly { readonly index: number; readonly message: string }[];
}

/** The same, but that mistakes are gathered, and what else stands there counts. */
export function parseLeniently(args: readonly string[]): Lenient {
  const state: State = { values: new Map(), words: [] };
  const faults: { readonly index: number; readonly message: string }[] = [];
  readAll(state, args, (stop, index) => {
    if (stop.kind === 'error') faults.push({ index, message: stop.message });
    return 'go on';
  });
  return { ...parsedFrom(state), faults };
}

type OnStop = (stop: FlagError | HelpWanted, index: number) => 'end' | 'go on';

function readAll(state: State, args: readonly string[], onStop: OnStop): void {
  let index = 0;
  while (index < args.length) {
    const arg = args[index] ?? '';
    index += 1;
    if (arg === '--') {
      state.words.push(...args.slice(index));
      break;
    }
    if (arg.length < 2 || !arg.startsWith('-')) {
      state.words.push(arg);
      continue;
    }
    const step = arg.startsWith('--') ? long(state, arg, args[index]) : short(state, arg, args[index]);
    if (step.kind === 'step') index += step.used;
    else if (onStop(step, index - 1) === 'end') return;
  }
}

function parsedFrom(state: State): ParsedFlags {
  return {
    kind: 'ok',
    options: optionsFrom(state.values),
    given: new Set(state.values.keys()),
    words: state.words,
  };
}

/** The values of all flags when none is given. */
export function defaultOptions(): Options {
  return optionsFrom(new Map());
}

function optionsFrom(values: ReadonlyMap<FlagName, FlagValue>): Options {
  const entries = flagNames.map((name) => [camel(name), values.get(name) ?? flags[name].default]);
  // The table gives both the values here and the type, so each value has the type that its row says.
  return Object.freeze(Object.fromEntries(entries)) as Options;
}

function long(state: State, arg: string, next: string | undefined): Step {
  const body = arg.slice(2);
  if (body.startsWith('-') || body.startsWith('=')) {
    return wrong(`bad flag syntax: ${arg} (write --name or --name=value)`);
  }
  const [name, inline] = cut(body);
  if (!isFlagName(name)) {
    return name === 'help' ? { kind: 'help' } : wrong(`unknown flag: --${name}${suggestion(name)}`);
  }
  const shown = name === 'v' ? '-v, --v' : `--${name}`;
  if (inline !== undefined) return set(state, { name, text: inline, shown, used: 0 });
  if (flags[name].type === 'bool') return set(state, { name, text: 'true', shown, used: 0 });
  if (next === undefined) return wrong(`flag needs an argument: --${name} (write --${name}=VALUE)`);
  return set(state, { name, text: next, shown, used: 1 });
}

/** `-v` and `-h` are the only flags of one letter. */
function short(state: State, arg: string, next: string | undefined): Step {
  const letter = arg.slice(1, 2);
  if (letter === 'h') return { kind: 'help' };
  if (letter !== 'v') {
    const name = cut(arg.slice(1))[0];
    const hint =
      isFlagName(name) || name === 'help' ? ` (write --${name} with two dashes)` : suggestion(name);
    return wrong(`unknown shorthand flag: '${letter}' in ${arg}${hint}`);
  }
  const rest = arg.slice(2);
  const found = { name: 'v', shown: '-v, --v' } as const;
  if (rest.length > 1 && rest.startsWith('=')) return set(state, { ...found, text: rest.slice(1), used: 0 });
  if (rest !== '') return set(state, { ...found, text: rest, used: 0 });
  if (next === undefined) return wrong(`flag needs an argument: 'v' in ${arg} (write -v=NUMBER)`);
  return set(state, { ...found, text: next, used: 1 });
}

interface Occurrence {
  readonly name: FlagName;
  readonly text: string;
  /** How an error names the flag. */
  readonly shown: string;
  readonly used: 0 | 1;
}

function set(state: State, { name, text, shown, used }: Occurrence): Step {
  const result = parseValue(flags[name], text, state.values.get(name));
  if (!result.ok)
    return wrong(`invalid argument ${JSON.stringify(text)} for "${shown}" flag: ${result.reason}`);
  state.values.set(name, result.value);
  return { kind: 'step', used };
}

function cut(text: string): readonly [string, string | undefined] {
  const at = text.indexOf('=');
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function wrong(message: string): FlagError {
  return { kind: 'error', message };
}

function suggestion(name: string): string {
  const known = nearestFlag(name);
  return known === undefined ? '' : ` (did you mean --${known}?)`;
}

/** The flag whose name needs the fewest edits to become `name`; undefined when none is near. */
export function nearestFlag(name: string): FlagName | undefined {
  return nearest(name, flagNames);
}
