/**
 * A check of regular expressions that come from users. nginx refuses the whole file for one that PCRE cannot compile, so
 * only syntax that both PCRE 1 and PCRE2 take is let through; named groups are not, since nginx would turn them into
 * variables and so overwrite ours.
 */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { parseLiteral } from './safe.ts';
import type { Pattern } from './safe.ts';

const MAX_LENGTH = 1000;
const MAX_DEPTH = 20;
const MAX_REPEAT = 1000;
/** Characters after PCRE has unrolled counted groups; it takes 64 KB of up to ten bytes each. */
const MAX_UNROLLED = 6000;

interface Scan {
  readonly text: string;
  at: number;
  groups: number;
  readonly open: { readonly at: number; readonly unrolled: number }[];
  /** Product of the counted repeats. */
  repeats: number;
  /** Characters that counted groups add when they are unrolled. */
  unrolled: number;
  /** Unrolled length of the group that has just been closed, else 0. */
  closed: number;
  /** Whether a quantifier may stand here. */
  atom: boolean;
}

export function parsePattern(text: string): Result<Pattern> {
  const literal = parseLiteral(text);
  if (!literal.ok) return literal;
  if (text.length > MAX_LENGTH)
    return fail(`is too long for a regular expression; ${MAX_LENGTH} characters at most`);
  const scan: Scan = {
    text,
    at: 0,
    groups: 0,
    open: [],
    repeats: 1,
    unrolled: 0,
    closed: 0,
    atom: false,
  };
  while (scan.at < text.length) {
    const reason = step(scan);
    if (reason !== null) return fail(`is not a regular expression that nginx can use: ${reason}`);
  }
  if (scan.open.length > 0) {
    return fail(
      `is not a regular expression that nginx can use: "(" at character ${(scan.open.at(-1)?.at ?? 0) + 1} is never closed`,
    );
  }
  return ok(text as string as Pattern);
}

function step(scan: Scan): string | null {
  const char = scan.text[scan.at] ?? '';
  if (char !== '{') scan.closed = 0;
  switch (char) {
    case '\\':
      return escape(scan);
    case '[':
      return characterClass(scan);
    case '(':
      return openGroup(scan);
    case ')':
      return closeGroup(scan);
    case '*':
    case '+':
    case '?':
      return quantifier(scan, 1);
    case '{':
      return counted(scan);
    case '|':
    case '^':
      scan.at++;
      scan.atom = false;
      return null;
    default:
      scan.at++;
      scan.atom = char !== '$';
      return null;
  }
}

function escape(scan: Scan): string | null {
  const next = scan.text[scan.at + 1];
  if (next === undefined) return 'it ends with a backslash';
  if (/[A-Za-z0-9]/.test(next) && !/[dDwWsSbBtnrf]/.test(next)) {
    const back = /[1-9]/.test(next) && Number(next) <= scan.groups;
    if (!back) return `"\\${next}" is not supported`;
  }
  scan.at += 2;
  scan.atom = !/[bB]/.test(next);
  return null;
}

function characterClass(scan: Scan): string | null {
  const match = /^\[\^?\]?(?:\\.|[^\]\\])*\]/.exec(scan.text.slice(scan.at));
  if (match === null) return `"[" at character ${scan.at + 1} is never closed`;
  const body = match[0].slice(1, -1);
  if (/\[[:.=]/.test(body)) return 'POSIX classes such as [:alpha:] are not supported';
  for (const [, letter] of body.matchAll(/\\([A-Za-z0-9])/g)) {
    if (!/[dDwWsStnrf]/.test(letter ?? '')) return `"\\${letter}" in a character class is not supported`;
  }
  const range = badRange(body);
  if (range !== null) return range;
  scan.at += match[0].length;
  scan.atom = true;
  return null;
}

function badRange(body: string): string | null {
  const items = [...body.replace(/^\^/, '').matchAll(/\\.|[^]/gu)].map((match) => match[0]);
  for (let index = 1; index < items.length - 1; index++) {
    if (items[index] !== '-') continue;
    const [from, to] = [items[index - 1] ?? '', items[index + 1] ?? ''];
    if (/^\\[dDwWsS]$/.test(from) || /^\\[dDwWsS]$/.test(to)) return `"${from}-${to}" is not a range`;
    if (codePoint(from) > codePoint(to)) return `the range "${from}-${to}" is out of order`;
    index++;
  }
  return null;
}

function codePoint(item: string): number {
  const escapes: Readonly<Record<string, number>> = { '\\t': 9, '\\n': 10, '\\r': 13, '\\f': 12 };
  return escapes[item] ?? (item.startsWith('\\') ? item.slice(1) : item).codePointAt(0) ?? 0;
}

function openGroup(scan: Scan): string | null {
  const rest = scan.text.slice(scan.at);
  if (rest.startsWith('(*')) return '"(*" is not supported';
  // Not "x": it makes blanks and "#" mean something else from there on.
  const modifiers = /^\(\?[ism]+\)/.exec(rest);
  if (modifiers !== null) {
    scan.at += modifiers[0].length;
    scan.atom = false;
    return null;
  }
  const special = /^\(\?(?::|=|!|[ism]+:)/.exec(rest);
  if (special === null && rest.startsWith('(?')) {
    return `"${rest.slice(0, 3)}" is not supported; use a plain group "(...)" or "(?:...)"`;
  }
  if (special === null) scan.groups++;
  scan.open.push({ at: scan.at, unrolled: scan.unrolled });
  if (scan.open.length > MAX_DEPTH) return `groups are nested deeper than ${MAX_DEPTH}`;
  scan.at += special?.[0].length ?? 1;
  scan.atom = false;
  return null;
}

function closeGroup(scan: Scan): string | null {
  const group = scan.open.pop();
  scan.at++;
  if (group === undefined) return `")" at character ${scan.at} closes nothing`;
  scan.atom = true;
  scan.closed = scan.at - group.at + scan.unrolled - group.unrolled;
  return null;
}

// A count for newer versions of PCRE, text for older ones.
const NEWER_COUNT = /^\{ *(?:, *\d+|\d+ *(?:, *\d*)?) *\}/;

function counted(scan: Scan): string | null {
  const rest = scan.text.slice(scan.at);
  const match = /^\{(\d+)(?:,(\d*))?\}/.exec(rest);
  if (match === null) {
    const newer = NEWER_COUNT.exec(rest);
    if (newer !== null) return `"${newer[0]}" is not supported; write a count as {2} or {0,2}`;
    scan.closed = 0;
    // PCRE takes a brace that starts no count literally.
    scan.at++;
    scan.atom = true;
    return null;
  }
  const low = Number(match[1]);
  const high = match[2] === undefined || match[2] === '' ? low : Number(match[2]);
  if (high < low) return `the count "${match[0]}" is out of order`;
  scan.repeats *= Math.max(1, high);
  if (scan.repeats > MAX_REPEAT) return `counted repeats multiply to more than ${MAX_REPEAT}`;
  scan.unrolled += scan.closed * Math.max(0, high - 1);
  scan.closed = 0;
  if (scan.unrolled > MAX_UNROLLED)
    return `the group before "${match[0]}" is too long to be repeated so often`;
  return quantifier(scan, match[0].length);
}

function quantifier(scan: Scan, length: number): string | null {
  if (!scan.atom)
    return `"${scan.text.slice(scan.at, scan.at + length)}" at character ${scan.at + 1} repeats nothing`;
  scan.at += length;
  // Lazy and possessive forms.
  if (/[?+]/.test(scan.text[scan.at] ?? '')) scan.at++;
  scan.atom = false;
  return null;
}

/** Numbered groups of a pattern that `parsePattern` has accepted. */
export function countGroups(pattern: Pattern): number {
  return [...pattern.replaceAll(/\\.|\[\^?\]?(?:\\.|[^\]\\])*\]/g, '').matchAll(/\((?!\?)/g)].length;
}

/** The pattern that matches exactly `text`. */
export function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
