/** The structure of a regular expression that `parsePattern` has accepted, as far as its risks depend on it. */
import type { Pattern } from './safe.ts';

/** Characters as bits: 0 to 127 are ASCII in lower case, 128 stands for all others. */
export type CharSet = bigint;

export interface Group {
  readonly kind: 'group';
  /** Number of the capture; 0 for other groups. */
  readonly capture: number;
  readonly alternatives: readonly (readonly Item[])[];
  /** Looks ahead only. */
  readonly ahead: boolean;
}

export interface Single {
  readonly kind: 'single';
  readonly set: CharSet;
}

export interface Item {
  readonly atom: Group | Single;
  readonly least: number;
  readonly most: number;
}

const OTHERS = 1n << 128n;
export const ALL: CharSet = (1n << 129n) - 1n;

// nginx matches locations without regard to case.
function bit(char: string): CharSet {
  const code = char.toLowerCase().codePointAt(0) ?? 0;
  return code < 128 ? 1n << BigInt(code) : OTHERS;
}

function range(from: string, to: string): CharSet {
  const [low, high] = [from.codePointAt(0) ?? 0, to.codePointAt(0) ?? 0];
  if (high >= 128) return ALL;
  let set = 0n;
  for (let code = low; code <= high; code++) set |= bit(String.fromCodePoint(code));
  return set;
}

const DIGITS = range('0', '9');
const WORD = DIGITS | range('a', 'z') | bit('_');
const SPACES = [' ', '\t', '\n', '\v', '\f', '\r'].map(bit).reduce((all, one) => all | one);
const classes: Readonly<Record<string, CharSet>> = {
  d: DIGITS,
  D: ALL & ~DIGITS,
  w: WORD,
  W: ALL & ~WORD,
  s: SPACES,
  S: ALL & ~SPACES,
  t: bit('\t'),
  n: bit('\n'),
  r: bit('\r'),
  f: bit('\f'),
};

interface Reader {
  readonly text: string;
  at: number;
  captures: number;
}

export function patternTree(pattern: Pattern): Group {
  const reader: Reader = { text: pattern, at: 0, captures: 0 };
  return { kind: 'group', capture: 0, alternatives: readAlternatives(reader), ahead: false };
}

function readAlternatives(reader: Reader): readonly (readonly Item[])[] {
  const alternatives: Item[][] = [[]];
  while (reader.at < reader.text.length && reader.text[reader.at] !== ')') {
    if (reader.text[reader.at] === '|') {
      reader.at++;
      alternatives.push([]);
      continue;
    }
    const atom = readAtom(reader);
    if (atom !== null) alternatives.at(-1)?.push({ atom, ...readCount(reader) });
  }
  return alternatives;
}

/** Null for what matches no character: anchors and modifiers. */
function readAtom(reader: Reader): Group | Single | null {
  const rest = reader.text.slice(reader.at);
  const [modifiers] = /^\(\?[ism]+\)/.exec(rest) ?? [];
  const [characters] = /^\[\^?\]?(?:\\.|[^\]\\])*\]/.exec(rest) ?? [];
  const skipped = modifiers ?? characters;
  if (skipped !== undefined) {
    reader.at += skipped.length;
    return modifiers === undefined ? { kind: 'single', set: classSet(skipped) } : null;
  }
  if (rest.startsWith('(')) return readGroup(reader);
  const [escaped] = /^\\[^]/.exec(rest) ?? [];
  const char = escaped?.[1] ?? String.fromCodePoint(rest.codePointAt(0) ?? 0);
  reader.at += escaped?.length ?? char.length;
  if (escaped !== undefined) return /[bB]/.test(char) ? null : { kind: 'single', set: escapeSet(char) };
  if (char === '^' || char === '$') return null;
  return { kind: 'single', set: char === '.' ? ALL : bit(char) };
}

function readGroup(reader: Reader): Group {
  const [opening = '('] = /^\((?:\?(?:[:=!]|[ism]+:))?/.exec(reader.text.slice(reader.at)) ?? [];
  reader.at += opening.length;
  const capture = opening === '(' ? ++reader.captures : 0;
  const alternatives = readAlternatives(reader);
  reader.at++;
  return { kind: 'group', capture, alternatives, ahead: opening === '(?=' || opening === '(?!' };
}

function readCount(reader: Reader): Pick<Item, 'least' | 'most'> {
  const rest = reader.text.slice(reader.at);
  const [all, sign, low, comma, high] = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})[?+]?/.exec(rest) ?? [];
  if (all === undefined) return { least: 1, most: 1 };
  reader.at += all.length;
  if (sign !== undefined) return { least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : Infinity };
  const least = Number(low);
  if (comma === '') return { least, most: least };
  return { least, most: high === '' ? Infinity : Number(high) };
}

/** Of `\1` and the like, anything. */
function escapeSet(char: string): CharSet {
  if (/[1-9]/.test(char)) return ALL;
  return classes[char] ?? bit(char);
}

function classSet(text: string): CharSet {
  const negated = text.startsWith('[^');
  const items = [...text.slice(negated ? 2 : 1, -1).matchAll(/\\[^]|[^]/gu)].map(([item]) => item);
  let set = 0n;
  for (let index = 0; index < items.length; index++) {
    const [item = '', dash, end] = items.slice(index, index + 3);
    if (dash === '-' && end !== undefined && !/^\\[dDwWsS]/.test(item)) {
      set |= range(item.at(-1) ?? '', end.at(-1) ?? '');
      index += 2;
    } else set |= item.startsWith('\\') ? escapeSet(item.slice(1)) : bit(item);
  }
  return negated ? ALL & ~set : set;
}
