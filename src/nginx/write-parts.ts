import { open } from 'node:fs/promises';

/** writev(2) takes so many at most. */
const MOST = 1024;

/** Writes a file that only its owner can read, without a copy of it in memory. */
export async function writeParts(path: string, parts: readonly Buffer[]): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    let rest = parts.filter(({ length }) => length > 0);
    while (rest.length > 0) {
      const { bytesWritten } = await file.writev(rest.slice(0, MOST));
      rest = withoutFirst(rest, bytesWritten);
    }
  } finally {
    await file.close();
  }
}

/** What is left after so many bytes. */
export function withoutFirst(parts: readonly Buffer[], bytes: number): Buffer[] {
  let at = 0;
  let left = bytes;
  for (; at < parts.length && left >= (parts[at]?.length ?? 0); at++) left -= parts[at]?.length ?? 0;
  const [first, ...rest] = parts.slice(at);
  return first === undefined ? [] : [first.subarray(left), ...rest];
}
