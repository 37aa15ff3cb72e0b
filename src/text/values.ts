/** How text from an annotation, a ConfigMap or a flag becomes a value. Each type says in words what it takes. */
import { fail, ok, okWithout } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { parseExpression, parseLiteral, parseSeconds, parseSize, parseToken } from './safe.ts';
import type { Duration, Expression, Literal, Size, Token } from './safe.ts';

export interface ValueType<T> {
  /** For the generated documentation. */
  readonly name: string;
  readonly parse: (text: string) => Result<T>;
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** Go's strconv.ParseBool: what ingress-nginx accepts. */
export const bool: ValueType<boolean> = {
  name: 'boolean',
  parse: (text) => {
    if (TRUE.has(text)) return ok(true);
    return FALSE.has(text) ? ok(false) : fail('is not a boolean; write "true" or "false"');
  },
};

export const size: ValueType<Size> = { name: 'size', parse: parseSize };

const UNITS: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

export function sizeInBytes(text: Size): number {
  const unit = text.slice(-1).toLowerCase();
  return Number.parseInt(text, 10) * (UNITS[unit] ?? 1);
}

/** nginx refuses temporary files that are smaller than a buffer, other than none at all. */
export function usableTempFileSize(wanted: Size, bufferSize: Size): Size {
  const bytes = sizeInBytes(wanted);
  return bytes === 0 || bytes >= sizeInBytes(bufferSize) ? wanted : bufferSize;
}

/** Where nginx knows no gigabytes, they are printed as megabytes. */
export const fileSize: ValueType<Size> = {
  name: 'size',
  parse: (text) => {
    const parsed = parseSize(text);
    const giga = /^(\d+)g$/i.exec(text)?.[1];
    return parsed.ok && giga !== undefined ? parseSize(`${Number(giga) * 1024}m`) : parsed;
  },
};

/** A buffer of no bytes, or of gigabytes, is refused by nginx or by the memory of the node. */
export const bufferSize: ValueType<Size> = {
  name: 'size from 1 byte to 64m',
  parse: (text) => {
    const parsed = parseSize(text);
    if (!parsed.ok) return parsed;
    const bytes = sizeInBytes(parsed.value);
    return bytes > 0 && bytes <= 64 * 2 ** 20 ? ok(parsed.value) : fail('is not a size from 1 byte to 64m');
  },
};

export const secondsValue: ValueType<Duration> = { name: 'seconds', parse: parseSeconds };
export const literal: ValueType<Literal> = { name: 'text', parse: parseLiteral };
export const expression: ValueType<Expression> = {
  name: 'text with nginx variables',
  parse: (text) => parseExpression(text),
};
export const token: ValueType<Token> = { name: 'word', parse: parseToken };

export interface Range {
  readonly min: number;
  readonly max: number;
}

export function integer(range: Range): ValueType<number> {
  return {
    name: `integer from ${range.min} to ${range.max}`,
    parse: (text) => {
      const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      if (value >= range.min && value <= range.max) return ok(value);
      return fail(`is not a whole number from ${range.min} to ${range.max}`);
    },
  };
}

export function choice<const T extends string>(choices: readonly T[]): ValueType<T> {
  return {
    name: choices.join(' | '),
    parse: (text) => {
      const found = choices.find((candidate) => candidate === text);
      return found === undefined ? fail(`is none of ${choices.map((c) => `"${c}"`).join(', ')}`) : ok(found);
    },
  };
}

export interface ListSyntax {
  readonly separator: RegExp;
  readonly example: string;
  /** Whether a list without items is one. Not where nginx wants a word at least. */
  readonly empty?: 'allowed';
  /** Whether a bad item leaves the others in force; otherwise it spoils the list. */
  readonly bad?: 'left-out';
}

/** A list of values; empty items are left out. */
export function list<T>(item: ValueType<T>, syntax: ListSyntax): ValueType<readonly T[]> {
  return {
    name: `list of ${item.name}, for example "${syntax.example}"`,
    parse: (text) => {
      const values: T[] = [];
      const leftOut: string[] = [];
      for (const part of text.split(syntax.separator)) {
        if (part.trim() === '') continue;
        const parsed = item.parse(part.trim());
        if (parsed.ok) values.push(parsed.value);
        else {
          const reason = `holds "${part.trim()}", which ${parsed.reason}`;
          if (syntax.bad !== 'left-out') return fail(reason);
          leftOut.push(`${reason}; it is left out`);
        }
      }
      if (values.length === 0 && syntax.empty !== 'allowed')
        return fail(`is empty; write for example "${syntax.example}"`);
      return okWithout(values, leftOut);
    },
  };
}

/** When nginx tries the next endpoint. */
const NON_IDEMPOTENT = 'non_idempotent' as string as Token;

/** The list as nginx shall have it when requests that change something may be repeated (compat/behaviour.md 16.3). */
export function withNonIdempotent(list: readonly Token[]): readonly Token[] {
  return list.includes(NON_IDEMPOTENT) ? list : [...list, NON_IDEMPOTENT];
}

export const nextUpstream = list(
  choice([
    'error',
    'timeout',
    'invalid_header',
    'http_500',
    'http_502',
    'http_503',
    'http_504',
    'http_403',
    'http_404',
    'http_429',
    'non_idempotent',
    'off',
  ]),
  { separator: /[\s,]+/, example: 'error timeout http_502' },
);

/** nginx time with a unit, as the ConfigMap takes it in a few places: `240s`, `1h`. */
export const nginxTime: ValueType<Duration> = {
  name: 'time with unit',
  parse: (text) =>
    /^\d{1,7}(?:ms|s|m|h|d)?$/.test(text)
      ? ok(text as Duration)
      : fail('is not a time; write a number and ms, s, m, h or d, for example "240s"'),
};
