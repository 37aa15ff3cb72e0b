/** Substring search over texts that are made once. */

/** Words of a question, all of which must be found; in lower case, as the texts. */
export function wordsOf(question: string): readonly string[] {
  return question
    .slice(0, 200)
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

export interface Searchable {
  /** In lower case. */
  readonly text: string;
}

export function search<T extends Searchable>(items: readonly T[], question: string): readonly T[] {
  const words = wordsOf(question);
  return words.length === 0 ? items : items.filter(({ text }) => words.every((word) => text.includes(word)));
}

export function searchText(...parts: readonly (string | null)[]): string {
  return parts.join(' ').toLowerCase();
}
