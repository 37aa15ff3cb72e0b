const newline = 0x0a;

/**
 * Cuts a stream of bytes at newline bytes; give it each chunk, get the lines that are complete with it, decoded as UTF-8,
 * without empty ones. What follows the last newline waits for the next chunk, so a character may be split across chunks.
 * Only byte 0x0A ends a line: readline also cuts at U+2028 and U+2029, which JSON text may contain.
 */
export function createLineSplitter(): (chunk: Uint8Array) => readonly string[] {
  let waiting: Uint8Array[] = [];
  return (chunk) => {
    const end = chunk.lastIndexOf(newline);
    if (end === -1) {
      if (chunk.length > 0) waiting.push(chunk);
      return [];
    }
    const complete = Buffer.concat([...waiting, chunk.subarray(0, end)]);
    waiting = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : [];
    return cut(complete);
  };
}

function cut(bytes: Buffer): readonly string[] {
  const lines: string[] = [];
  let start = 0;
  while (start <= bytes.length) {
    const found = bytes.indexOf(newline, start);
    const end = found === -1 ? bytes.length : found;
    if (end > start) lines.push(bytes.toString('utf8', start, end));
    start = end + 1;
  }
  return lines;
}
