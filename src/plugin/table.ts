/** Text in columns, as the tab writer of Go aligns it: cells of at least 6 characters and 3 spaces between them. */
const LEAST_WIDTH = 6;
const PADDING = 3;

export function formatTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(LEAST_WIDTH, ...rows.map((row) => lengthOf(row[column] ?? '') + PADDING)),
  );
  // The last cell of a line ends it.
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === row.length - 1
          ? cell
          : cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - lengthOf(cell))),
      )
      .join('');
  return rows.map((row) => `${line(row)}\n`).join('');
}

/** In characters, as a terminal shows them. */
function lengthOf(text: string): number {
  return [...text].length;
}
