/** How text from an annotation, a ConfigMap or a flag becomes a value. Each type says in words what it takes. */
import { fail, ok } from '../lib/result.ts';
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
export const secondsValue: ValueType<Duration> = { name: 'seconds', parse: parseSeconds };
export const literal: ValueType<Literal> = { name: 'text', parse: parseLiteral };
export const expression: ValueType<Expression> = {
  name: 'text with nginx variables',
  parse: parseExpression,
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
}

/** A list of values; empty items are left out. */
export function list<T>(item: ValueType<T>, syntax: ListSyntax): ValueType<readonly T[]> {
  return {
    name: `list of ${item.name}, for example "${syntax.example}"`,
    parse: (text) => {
      const values: T[] = [];
      for (const part of text.split(syntax.separator)) {
        if (part.trim() === '') continue;
        const parsed = item.parse(part.trim());
        if (!parsed.ok) return fail(`holds "${part.trim()}", which ${parsed.reason}`);
        values.push(parsed.value);
      }
      return ok(values);
    },
  };
}

/** nginx time with a unit, as the ConfigMap takes it in a few places: `240s`, `1h`. */
export const nginxTime: ValueType<Duration> = {
  name: 'time with unit',
  parse: (text) =>
    /^\d{1,7}(?:ms|s|m|h|d)?$/.test(text)
      ? ok(text as Duration)
      : fail('is not a time; write a number and ms, s, m, h or d, for example "240s"'),
};
