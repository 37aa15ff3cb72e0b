/** How values become text that stays on one line of the log, whatever they hold. */

/**
 * Everything that could move the cursor, break the line or hide text: control characters, format characters (among them those
 * that reverse the reading direction), lone surrogates, unassigned code points, and every space but the plain one.
 */
const unprintable = /[\p{C}\p{Z}]/gu;

const short: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** A string in double quotes with the escapes of Go (strconv.Quote), as Kubernetes components print it. */
export function quote(text: string): string {
  const inner = text.replace(/["\\]/g, '\\$&').replace(unprintable, (char) => {
    if (char === ' ') return char;
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x80) return short[char] ?? `\\x${hex(code, 2)}`;
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
  return `"${inner}"`;
}

/**
 * JSON on one line, of printable characters only. Errors become their message, sets and maps lists, big integers digits; what
 * cannot be turned into JSON (a cycle, a getter that throws) becomes a string that says so.
 */
export function toJson(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value, plain);
  } catch (error) {
    text = JSON.stringify(`<cannot be printed: ${messageOf(error)}>`);
  }
  // Outside of its strings JSON.stringify writes ASCII only, so escapes of JSON strings are right for all that is found.
  return (text ?? 'null').replace(unprintable, (char) => (char === ' ' ? char : jsonEscape(char)));
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) return messageOf(value);
  if (value instanceof Map || value instanceof Set) return [...value];
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function')
    return String(value);
  return value;
}

function jsonEscape(char: string): string {
  return Array.from({ length: char.length }, (_, unit) => `\\u${hex(char.charCodeAt(unit), 4)}`).join('');
}

/** One field's value in the text form: strings and errors quoted, numbers and booleans bare, everything else as JSON. */
export function fieldText(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (value instanceof Error) return quote(messageOf(value));
  if (typeof value === 'symbol' || typeof value === 'function') return quote(String(value));
  return toJson(value);
}

/** The message of an error; its name when it has none. Never throws, whatever was thrown. */
export function messageOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return String(error);
    return String(error.message) || error.name;
  } catch {
    return 'unknown error';
  }
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
