/** Words of nginx's map and of lists of media types. */
import { fail, ok } from '../lib/result.ts';
import { parsePattern } from './pattern.ts';
import { parseLiteral } from './safe.ts';
import type { Literal, Token } from './safe.ts';
import type { ValueType } from './values.ts';

/** An exact value, or a regular expression after `~` or `~*`; printed in double quotes. */
export const mapPattern: ValueType<Literal> = {
  name: 'text, or a regular expression after "~" or "~*"',
  parse: (text) => {
    const plain = text.replace(/^(["'])(.*)\1$/, '$2');
    if (plain.includes('$') && !plain.startsWith('~'))
      return fail('holds a "$"; write it in a regular expression');
    const expression = /^~\*?(.*)$/s.exec(plain)?.[1];
    if (expression === undefined) {
      // These words mean something else in a map.
      return /^(?:default|hostnames|include|volatile|\\.*)$/.test(plain)
        ? fail('is a word of nginx; write it as a regular expression')
        : parseLiteral(plain);
    }
    const pattern = parsePattern(expression);
    return pattern.ok ? parseLiteral(plain) : pattern;
  },
};

/** `type/subtype` or `*`; printed bare. */
export const mimeType: ValueType<Token> = {
  name: 'media type',
  parse: (text) =>
    text === '*' || /^[a-z0-9.+-]+\/[a-zA-Z0-9.+-]+$/.test(text)
      ? ok(text as string as Token)
      : fail('is not a media type; write for example "text/css"'),
};
