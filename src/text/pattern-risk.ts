/**
 * What may go wrong with a regular expression that PCRE compiles: matching that takes exponential time, and captures that
 * overlap. Simple and on the safe side: what it cannot tell to be harmless is a risk.
 */
import { patternTree } from './pattern-tree.ts';
import type { CharSet, Group, Item } from './pattern-tree.ts';
import type { Pattern } from './safe.ts';

/** Counted repeats from here on are as bad as endless ones. */
const MANY = 10;

/** Null, or what is wrong, as the rest of a sentence about the path. @param target what the path is rewritten to, if at all. */
export function riskOfPattern(pattern: Pattern, target: string): string | null {
  const tree = patternTree(pattern);
  return slowness(tree) ?? overlap(tree, target);
}

function slowness(group: Group): string | null {
  for (const item of group.alternatives.flat()) {
    if (item.atom.kind !== 'group') continue;
    if (item.most >= MANY && !isUnambiguous(item.atom)) {
      return (
        'repeats a group that can match the same text in many ways, which may take very long; ' +
        'let each repeat begin with a character that the rest of it cannot match, for example "(/[^/]+)*"'
      );
    }
    const inner = slowness(item.atom);
    if (inner !== null) return inner;
  }
  return null;
}

/** Whether a text can be cut into matches of the group in one way only. */
function isUnambiguous(group: Group): boolean {
  const { alternatives } = group;
  if (!choicesDiffer(group)) return false;
  return (
    alternatives.every(isFixed) || isDelimited(alternatives, 'first') || isDelimited(alternatives, 'last')
  );
}

/** In this group and all inside of it, no two alternatives match the same text. */
function choicesDiffer({ alternatives }: Group): boolean {
  const inner = alternatives.flat().every(({ atom }) => atom.kind === 'single' || choicesDiffer(atom));
  return (
    inner &&
    alternatives.every((one, index) => alternatives.slice(index + 1).every((other) => differ(one, other)))
  );
}

/** At some place, counted from the beginning, no character fits both. */
function differ(one: readonly Item[], other: readonly Item[]): boolean {
  for (const [index, item] of one.entries()) {
    const opposite = other[index];
    if (opposite === undefined || !isOnce(item) || !isOnce(opposite)) return false;
    if (!meet(setOf(item), setOf(opposite))) return true;
  }
  return false;
}

/** Exactly one character. */
function isOnce({ atom, least, most }: Item): boolean {
  return atom.kind === 'single' && least === 1 && most === 1;
}

function isFixed(items: readonly Item[]): boolean {
  return items.every(
    ({ atom, least, most }) =>
      least === most &&
      (atom.kind === 'single' || (atom.alternatives.length === 1 && atom.alternatives.every(isFixed))),
  );
}

/** Each repeat begins (or ends) with a character that comes nowhere else in it, and is unambiguous between two of them. */
function isDelimited(alternatives: readonly (readonly Item[])[], where: 'first' | 'last'): boolean {
  const at = where === 'first' ? 0 : -1;
  const rests = alternatives.map((items) => (where === 'first' ? items.slice(1) : items.slice(0, -1)));
  const others = unionOf(rests.flat());
  return alternatives.every((items, index) => {
    const delimiter = items.at(at);
    if (delimiter === undefined || !isOnce(delimiter) || meet(setOf(delimiter), others)) return false;
    return hasOneReading(rests[index] ?? []);
  });
}

/** No two parts of changing length can take characters from each other. */
function hasOneReading(items: readonly Item[]): boolean {
  for (const [index, item] of items.entries()) {
    if (isOnce(item)) continue;
    if (item.atom.kind === 'group' && item.most > 1) return false;
    for (const [distance, other] of items.slice(index + 1).entries()) {
      if (isOnce(other) || !meet(setOf(item), setOf(other))) continue;
      const between = items.slice(index + 1, index + 1 + distance);
      const both = setOf(item) | setOf(other);
      if (!between.some((part) => isOnce(part) && !meet(setOf(part), both))) return false;
    }
  }
  return items.every(({ atom }) => atom.kind === 'single' || atom.alternatives.every(hasOneReading));
}

function setOf({ atom }: Item): CharSet {
  if (atom.kind === 'single') return atom.set;
  return atom.ahead ? 0n : unionOf(atom.alternatives.flat());
}

function unionOf(items: readonly Item[]): CharSet {
  return items.reduce((all, item) => all | setOf(item), 0n);
}

function meet(one: CharSet, other: CharSet): boolean {
  return (one & other) !== 0n;
}

/** CVE-2026-9256: nginx reserves too little room for captures that lie inside each other. */
function overlap(tree: Group, target: string): string | null {
  const used = new Set([...target.matchAll(/\$\{?([1-9])/g)].map(([, digit]) => Number(digit)));
  const [outer, inner] = nested(tree, used, []) ?? [];
  if (outer === undefined) return null;
  return `has group ${inner} inside of group ${outer}, and both are used in the rewrite-target; use one of them, or groups side by side`;
}

function nested(
  group: Group,
  used: ReadonlySet<number>,
  around: readonly number[],
): readonly number[] | null {
  const own = used.has(group.capture);
  const [outer] = around;
  if (own && outer !== undefined) return [outer, group.capture];
  const next = own ? [...around, group.capture] : around;
  for (const { atom } of group.alternatives.flat()) {
    const found = atom.kind === 'group' ? nested(atom, used, next) : null;
    if (found !== null) return found;
  }
  return null;
}
