/** Values of client certificate authentication (compat/annotations.json, "auth-tls-secret" and following). */
import { fail, ok } from '../lib/result.ts';
import { parsePattern } from './pattern.ts';
import type { Pattern, Url } from './safe.ts';
import type { ValueType } from './values.ts';

/** Whether it names a Secret is seen later: a name that is none closes the host instead of leaving it open. */
export const authoritySecret: ValueType<string> = {
  name: 'namespace/name',
  parse: (text) =>
    /^[-._~a-zA-Z0-9/:]{1,520}$/.test(text)
      ? ok(text)
      : fail('is not the name of a Secret; write "namespace/name"'),
};

const PART = '[-._a-zA-Z0-9]+';
const ERROR_PAGE = new RegExp(
  `^(?:@[A-Za-z0-9_-]+|(?:(?:https?://)?[-.a-zA-Z0-9]+(?::\\d+)?)?(?:/${PART})*/?)$`,
);

export const errorPage: ValueType<Url> = {
  name: 'URL without a query, for example "https://www.example.com/sorry"',
  parse: (text) =>
    text.length <= 2000 && ERROR_PAGE.test(text)
      ? ok(text as string as Url)
      : fail('is not a URL without query and variables; write for example "https://www.example.com/sorry"'),
};

/** Compared with the whole subject of the certificate, as nginx writes it: `CN=alice,O=Example`. */
export const subjectPattern: ValueType<Pattern> = {
  name: 'regular expression after "CN="',
  parse: (text) => {
    if (!text.startsWith('CN=')) return fail('does not begin with "CN="; write for example "CN=alice$"');
    return /[;"'#]/.test(text) ? fail(`holds one of ; " ' #, which no subject needs`) : parsePattern(text);
  },
};

/** nginx takes no depth below 1; 0 has always meant 1. */
export const verifyDepth: ValueType<number> = {
  name: 'integer from 0 to 100',
  parse: (text) =>
    /^\+?\d{1,9}$/.test(text) && Number(text) <= 100
      ? ok(Math.max(1, Number(text)))
      : fail('is not a whole number from 0 to 100'),
};
