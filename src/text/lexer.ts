/**
 * Reads nginx configuration back into its tree of directives, by nginx's own rules (ngx_conf_read_token): words end at
 * white space, `;` or `{`; quotes count only at the start of a word; `#` only starts a comment there, too; `*_by_lua_block`
 * has a lexer of its own. Used to prove that what was rendered has the shape that the model asked for.
 */
export interface Directive {
  readonly name: string;
  /** Parameters, unquoted and unescaped as nginx sees them. */
  readonly args: readonly string[];
  readonly block: readonly Directive[] | null;
  /** Counted from 1. */
  readonly line: number;
}

export class ConfigSyntaxError extends Error {
  override readonly name = 'ConfigSyntaxError';
  readonly line: number;

  constructor(message: string, line: number) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

interface Cursor {
  readonly text: string;
  at: number;
  line: number;
}

/** @throws ConfigSyntaxError when blocks, quotes or directives are not closed. */
export function parseConfig(text: string): readonly Directive[] {
  const cursor: Cursor = { text, at: 0, line: 1 };
  const directives = readBlock(cursor, 'file');
  return directives;
}

function readBlock(cursor: Cursor, where: 'file' | 'block'): Directive[] {
  const directives: Directive[] = [];
  for (;;) {
    skipBlank(cursor);
    const char = cursor.text[cursor.at];
    if (char === undefined) {
      if (where === 'file') return directives;
      throw new ConfigSyntaxError('a block is not closed', cursor.line);
    }
    if (char === '}') {
      if (where === 'file') throw new ConfigSyntaxError('"}" closes nothing', cursor.line);
      cursor.at++;
      return directives;
    }
    directives.push(readDirective(cursor));
  }
}

function readDirective(cursor: Cursor): Directive {
  const line = cursor.line;
  const words: string[] = [];
  for (;;) {
    skipBlank(cursor);
    const char = cursor.text[cursor.at];
    if (char === undefined) throw new ConfigSyntaxError('a directive is not ended by ";"', line);
    if (char === ';' || char === '{' || char === '}') {
      const [name, ...args] = words;
      if (name === undefined || char === '}')
        throw new ConfigSyntaxError(`unexpected "${char}"`, cursor.line);
      cursor.at++;
      return { name, args, line, block: char === ';' ? null : openBlock(cursor, name) };
    }
    words.push(char === '"' || char === "'" ? readQuoted(cursor, char) : readWord(cursor));
  }
}

function openBlock(cursor: Cursor, name: string): readonly Directive[] {
  if (!name.endsWith('_by_lua_block')) return readBlock(cursor, 'block');
  const { line } = cursor;
  for (let depth = 1; depth > 0;) {
    const token = luaToken(cursor);
    if (token === '') throw new ConfigSyntaxError('a Lua block is not closed', line);
    if (token === '{') depth++;
    if (token === '}') depth--;
    cursor.at += token.length;
    cursor.line += token.split('\n').length - 1;
  }
  return [];
}

/** A brace, or what holds none that counts: comments, long brackets, strings, any other character (ngx_http_lua_lex). */
const LUA_TOKEN =
  /--\[(=*)\[[^]*?\]\1\]|--(?!\[=*\[)[^\n]*|\[(=*)\[[^]*?\]\2\]|"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|[^"'{}[-]+|(?!--\[=*\[|\[=*\[|["'])[^]/y;

function luaToken({ text, at }: Cursor): string {
  LUA_TOKEN.lastIndex = at;
  return LUA_TOKEN.exec(text)?.[0] ?? '';
}

const BLANK = /[ \t\r]*/y;

function skipBlank(cursor: Cursor): void {
  for (;;) {
    BLANK.lastIndex = cursor.at;
    BLANK.test(cursor.text);
    cursor.at = BLANK.lastIndex;
    const char = cursor.text[cursor.at];
    if (char === '\n') {
      cursor.line++;
      cursor.at++;
    } else if (char === '#') {
      const end = cursor.text.indexOf('\n', cursor.at);
      cursor.at = end === -1 ? cursor.text.length : end;
    } else {
      return;
    }
  }
}

function readQuoted(cursor: Cursor, end: '"' | "'"): string {
  const line = cursor.line;
  cursor.at++;
  let value = readPlain(cursor, PLAIN_QUOTED[end]);
  cursor.at += value.length;
  for (; ; cursor.at++) {
    const char = cursor.text[cursor.at];
    if (char === undefined) throw new ConfigSyntaxError('a quoted word is not closed', line);
    if (char === '\n') cursor.line++;
    if (char === end) break;
    value += char === '\\' ? unescape(cursor) : char;
  }
  cursor.at++;
  const next = cursor.text[cursor.at];
  if (next !== undefined && !/[\s;{)]/.test(next)) {
    throw new ConfigSyntaxError(`unexpected "${next}" after a quoted word`, cursor.line);
  }
  return value;
}

/** What ends a word, or makes it more than what stands there. */
const PLAIN_WORD = /(?:[^\s;{\\$]+|\$(?!\{))*/y;
/** Up to the end of a quoted word, or something that does not stand for itself. */
const PLAIN_QUOTED = { '"': /[^"\\\n]*/y, "'": /[^'\\\n]*/y } as const;

function readPlain({ text, at }: Cursor, pattern: RegExp): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function readWord(cursor: Cursor): string {
  let value = readPlain(cursor, PLAIN_WORD);
  cursor.at += value.length;
  // After a "$" a brace belongs to the word, unless a backslash stands before the "$".
  let variable = false;
  for (; ; cursor.at++) {
    const char = cursor.text[cursor.at];
    if (char === undefined || /[\s;]/.test(char)) return value;
    if (char === '{' && !variable) return value;
    value += char === '\\' ? unescape(cursor) : char;
    variable = char === '$' || char === '{';
  }
}

// nginx keeps the backslash unless the next character is one of these.
function unescape(cursor: Cursor): string {
  const next = cursor.text[cursor.at + 1] ?? '';
  cursor.at++;
  if (next === '\n') cursor.line++;
  switch (next) {
    case '"':
    case "'":
    case '\\':
      return next;
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'n':
      return '\n';
    default:
      return `\\${next}`;
  }
}
