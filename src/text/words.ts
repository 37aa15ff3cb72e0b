/** Text of few characters, as many annotations take it (compat/annotations.json, "accepts"). */
import { fail, ok } from '../lib/result.ts';
import { parseLiteral } from './safe.ts';
import type { Literal, Token } from './safe.ts';
import type { ValueType } from './values.ts';

export interface WordSyntax {
  /** In words, for people: `header name`. */
  readonly name: string;
  /** Inside of a character class: `A-Za-z0-9`. */
  readonly characters: string;
  readonly example: string;
}

/** Non-empty text of the given characters only; blanks around it are left out. */
export function word({ name, characters, example }: WordSyntax): ValueType<Literal> {
  const allowed = new RegExp(`^[${characters}]+$`);
  return {
    name: `${name}, for example "${example}"`,
    parse: (text) =>
      allowed.test(text)
        ? parseLiteral(text)
        : fail(`is not a ${name}; write letters, digits and few signs only, for example "${example}"`),
  };
}

/** Letters, digits and `- . _ ~ / :`, with blanks inside. */
export const basicText: ValueType<Literal> = {
  name: 'text of letters, digits and - . _ ~ / :',
  parse: (text) =>
    /^[-._~a-zA-Z0-9/: ]+$/.test(text)
      ? parseLiteral(text)
      : fail('may only contain letters, digits, blanks and - . _ ~ / :'),
};

/** RFC 9110 field name, as far as ingress-nginx takes it. */
export const headerName = word({ name: 'header name', characters: '-._~a-zA-Z0-9', example: 'X-Canary' });
/** RFC 9110 field name, printed bare. */
export const headerToken: ValueType<Token> = {
  name: 'header name',
  parse: (text) =>
    /^[A-Za-z0-9-]{1,100}$/.test(text)
      ? ok(text as string as Token)
      : fail('is not a header name; write letters, digits and "-", for example "X-Forwarded-For"'),
};
/** RFC 6265 cookie name, as far as ingress-nginx takes it. */
export const cookieName = word({ name: 'cookie name', characters: '-._~a-zA-Z0-9', example: 'session' });
export const cookieDomain = word({ name: 'domain', characters: '-._a-zA-Z0-9', example: '.example.com' });
export const cookiePath = word({ name: 'path', characters: '-._~a-zA-Z0-9/:,?&=', example: '/app' });

/** Text with variables that Lua expands: nothing of it stands in nginx.conf. */
export const hashKey: ValueType<Literal> = {
  name: 'text with nginx variables, for example "$request_uri"',
  parse: (text) =>
    /^[-_${}a-zA-Z0-9 ]+$/.test(text)
      ? parseLiteral(text)
      : fail(
          'may only contain letters, digits and - _ $ { }; write for example "$request_uri" or "${host}-x"',
        ),
};

/** Whole seconds, also negative ones: an expiry in the past deletes a cookie. */
export const cookieSeconds: ValueType<number> = {
  name: 'seconds',
  parse: (text) =>
    /^(?:0|-?[1-9]\d{0,9})$/.test(text)
      ? ok(Number(text))
      : fail('is not a whole number of seconds; write for example "172800"'),
};

const SAME_SITE = { none: 'None', lax: 'Lax', strict: 'Strict' } as const;

/** Any case is taken, and written as browsers want it. */
export const sameSite: ValueType<'None' | 'Lax' | 'Strict'> = {
  name: 'None | Lax | Strict',
  parse: (text) => {
    const found = Object.entries(SAME_SITE).find(([name]) => name === text.toLowerCase());
    return found === undefined ? fail('is none of "None", "Lax", "Strict"') : ok(found[1]);
  },
};

/** Go's strconv.Atoi without a range. */
export const anyInteger: ValueType<number> = {
  name: 'integer',
  parse: (text) => (/^[-+]?\d{1,9}$/.test(text) ? ok(Number(text)) : fail('is not a whole number')),
};

/** Whether it names a ConfigMap is seen later. */
export const configMapName: ValueType<string> = {
  name: 'name or namespace/name',
  parse: (text) =>
    /^[-._~a-zA-Z0-9/:]{1,520}$/.test(text)
      ? ok(text)
      : fail('is not the name of a ConfigMap; write "name" or "namespace/name"'),
};
