/** What may come next on a command line, read from the tree of commands; pure. */
import type { Argument, Command, Option } from 'commander';

/** What the last word is a part of. */
export type Wanted =
  | { readonly kind: 'word'; readonly command: Command; readonly argument: Argument | null }
  | { readonly kind: 'flag'; readonly command: Command }
  | { readonly kind: 'value'; readonly command: Command; readonly option: Option }
  | { readonly kind: 'nothing' };

export interface Place {
  readonly wanted: Wanted;
  /** What is there of it. */
  readonly partial: string;
  /** Values of flags so far, and defaults of others, by the names that commander gives them. */
  readonly flags: object;
  /** Flags so far, by attribute. */
  readonly given: ReadonlySet<string>;
}

export interface Candidate {
  readonly text: string;
  readonly description?: string;
}

interface Walk {
  readonly command: Command;
  /** Words that are neither commands nor flags. */
  readonly words: number;
  /** The flag whose value is the next word. */
  readonly open: Option | null;
  readonly hasEnded: boolean;
  readonly values: ReadonlyMap<Option, readonly (string | true)[]>;
}

/** @param typed all words behind the name of the program; the last one is not finished and may be empty. */
export function placeOf(root: Command, typed: readonly string[]): Place {
  const before = typed.slice(0, -1);
  const start: Walk = { command: root, words: 0, open: null, hasEnded: false, values: new Map() };
  const walk = before.reduce(step, start);
  const last = typed.at(-1) ?? '';
  return {
    ...wantedOf(walk, last),
    flags: flagsOf(walk),
    given: new Set([...walk.values.keys()].map((option) => option.attributeName())),
  };
}

function wantedOf(walk: Walk, last: string): Pick<Place, 'wanted' | 'partial'> {
  const { command, words, open, hasEnded } = walk;
  if (open !== null) return { wanted: { kind: 'value', command, option: open }, partial: last };
  if (!hasEnded && last.startsWith('-')) {
    const { option, value } = flagOf(command, last);
    if (value === null) return { wanted: { kind: 'flag', command }, partial: last };
    return option === null || !takesValue(option)
      ? { wanted: { kind: 'nothing' }, partial: '' }
      : { wanted: { kind: 'value', command, option }, partial: value };
  }
  const known = command.registeredArguments;
  const argument = known[words] ?? (known.at(-1)?.variadic === true ? known.at(-1) : undefined) ?? null;
  if (argument === null && words > 0) return { wanted: { kind: 'nothing' }, partial: '' };
  return { wanted: { kind: 'word', command, argument }, partial: last };
}

function step(walk: Walk, word: string): Walk {
  const { command, words, open } = walk;
  if (open !== null) return { ...walk, open: null, values: withValue(walk, open, word) };
  if (walk.hasEnded) return { ...walk, words: words + 1 };
  if (word === '--') return { ...walk, hasEnded: true };
  if (word.startsWith('-') && word !== '-') {
    const { option, value } = flagOf(command, word);
    if (option === null) return walk;
    if (!takesValue(option)) return { ...walk, values: withValue(walk, option, true) };
    return value === null ? { ...walk, open: option } : { ...walk, values: withValue(walk, option, value) };
  }
  if (words > 0) return { ...walk, words: words + 1 };
  const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
  if (next !== undefined) return { ...walk, command: next };
  // Behind it stands the name of a command again.
  return word === 'help' && command.parent === null ? walk : { ...walk, words: 1 };
}

function withValue({ values }: Walk, option: Option, value: string | true): Walk['values'] {
  return new Map(values).set(option, [...(values.get(option) ?? []), value]);
}

interface Flag {
  readonly option: Option | null;
  /** Null when the word has none of its own. */
  readonly value: string | null;
}

/** `--name`, `--name=value`, `-n`, `-nvalue` and `-it`; of the last form, the flag that counts for what follows. */
function flagOf(command: Command, word: string): Flag {
  const options = optionsOf(command);
  if (word.startsWith('--')) {
    const [, name = word, value] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
    return { option: options.find(({ long }) => long === name) ?? null, value: value ?? null };
  }
  const option = options.find(({ short }) => short === word.slice(0, 2)) ?? null;
  const rest = word.slice(2);
  if (option === null || rest === '') return { option, value: null };
  return takesValue(option) ? { option, value: rest } : flagOf(command, `-${rest}`);
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

/** Choices have a parser of the library. */
function isRepeated(option: Option): boolean {
  return option.parseArg !== undefined && option.argChoices === undefined;
}

/** Those of a command and of the ones above it, which may stand anywhere. */
function optionsOf(command: Command): readonly Option[] {
  const own = command.createHelp().visibleOptions(command);
  return command.parent === null ? own : [...own, ...optionsOf(command.parent)];
}

function flagsOf({ command, values }: Walk): object {
  const defaults = optionsOf(command).map((option) => [option.attributeName(), option.defaultValue] as const);
  const given = [...values].map(([option, list]) => {
    return [option.attributeName(), isRepeated(option) ? list : list.at(-1)] as const;
  });
  return Object.fromEntries([...defaults, ...given].filter(([, value]) => value !== undefined));
}

/** What the tree itself knows of. */
export function candidatesOf({ wanted, given }: Place): readonly Candidate[] {
  switch (wanted.kind) {
    case 'nothing':
      return [];
    case 'value':
      return (wanted.option.argChoices ?? []).map((text) => ({ text }));
    case 'flag':
      return flagCandidates(wanted.command, given);
    case 'word':
      return wordCandidates(wanted, given);
  }
}

function flagCandidates(command: Command, given: ReadonlySet<string>): readonly Candidate[] {
  const free = optionsOf(command).filter(
    (option) => isRepeated(option) || !given.has(option.attributeName()),
  );
  const named = (name: string | undefined, description: string) =>
    name === undefined ? [] : [{ text: name, description }];
  const all = free.flatMap(({ long, short, description }) => [
    ...named(long, description),
    ...named(short, description),
  ]);
  return all.filter(({ text }, index) => all.findIndex((other) => other.text === text) === index);
}

function wordCandidates(
  { command, argument }: Wanted & { readonly kind: 'word' },
  given: ReadonlySet<string>,
): readonly Candidate[] {
  const commands =
    command.registeredArguments.length === 0
      ? command
          .createHelp()
          .visibleCommands(command)
          .map((each) => ({ text: each.name(), description: each.description() }))
      : [];
  // Nothing works without these.
  const missing = optionsOf(command)
    .filter((option) => option.mandatory && !given.has(option.attributeName()))
    .flatMap(({ long, description }) => (long === undefined ? [] : [{ text: long, description }]));
  return [...commands, ...(argument?.argChoices ?? []).map((text) => ({ text })), ...missing];
}
