/** The name that needs the fewest edits to become what somebody wrote; undefined when none is near. */
export function nearest<T extends string>(written: string, names: readonly T[]): T | undefined {
  if (written.length > 60) return undefined;
  const limit = Math.max(1, Math.floor(written.length / 3));
  let best: { readonly name: T; readonly distance: number } | undefined;
  for (const candidate of names) {
    const distance = editDistance(written, candidate);
    if (distance <= limit && distance < (best?.distance ?? Number.POSITIVE_INFINITY))
      best = { name: candidate, distance };
  }
  return best?.name;
}

/** How many insertions, deletions and replacements of one character lead from `a` to `b` (Levenshtein). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (let column = 1; column <= b.length; column += 1) {
      const replace = (previous[column - 1] ?? 0) + (letter === b[column - 1] ? 0 : 1);
      current.push(Math.min(replace, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
