/** What differs between two texts, line by line. */

export interface DiffLine {
  readonly sign: '+' | '-' | ' ';
  readonly line: string;
}

/** Lines that stay around those that differ. */
const CONTEXT = 3;
/** Cells of the table of common subsequences; beyond, everything in between counts as another text. */
const MOST_CELLS = 1_000_000;

export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start++;
  let end = 0;
  while (end < most - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const same = (line: string): DiffLine => ({ sign: ' ', line });
  return [
    ...a.slice(0, start).map(same),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ];
}

/** Only what differs, with some lines around it; null where lines are left out. */
export function hunksOf(lines: readonly DiffLine[]): readonly (DiffLine | null)[] {
  const near = new Set<number>();
  for (const [at, { sign }] of lines.entries())
    if (sign !== ' ') for (let other = at - CONTEXT; other <= at + CONTEXT; other++) near.add(other);
  const hunks: (DiffLine | null)[] = [];
  for (const [at, line] of lines.entries()) {
    if (near.has(at)) hunks.push(line);
    else if (hunks.length > 0 && hunks.at(-1) !== null) hunks.push(null);
  }
  if (hunks.at(-1) === null) hunks.pop();
  return hunks;
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function middle(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const minus = (line = ''): DiffLine => ({ sign: '-', line });
  const plus = (line = ''): DiffLine => ({ sign: '+', line });
  if (a.length * b.length === 0 || a.length * b.length > MOST_CELLS) return [...a.map(minus), ...b.map(plus)];
  const lengths = commonLengths(a, b);
  const width = b.length + 1;
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ sign: ' ', line: a[i] ?? '' });
      i++;
      j++;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) lines.push(minus(a[i++]));
    else lines.push(plus(b[j++]));
  }
  return lines;
}

/** Lengths of the longest common subsequences of all ends of both. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint32Array {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        a[i] === b[j]
          ? 1 + (lengths[(i + 1) * width + j + 1] ?? 0)
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
  return lengths;
}
