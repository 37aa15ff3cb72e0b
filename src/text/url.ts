/** URLs of few characters, as redirects and outside services take them: none means anything to nginx. */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { MAX_TOKEN_BYTES } from './safe.ts';
import type { Url } from './safe.ts';
import type { ValueType } from './values.ts';

/** Letters, digits and `- . _ ~ / : , ? & =` only (compat/annotations.json, "permanent-redirect"). */
export function parseUrl(text: string): Result<Url> {
  if (text.length > MAX_TOKEN_BYTES) return fail(`is too long for nginx; ${MAX_TOKEN_BYTES} bytes at most`);
  return /^[-._~a-zA-Z0-9/:,?&=]+$/.test(text)
    ? ok(text as Url)
    : fail('is not a URL that may stand here; write letters, digits and - . _ ~ / : , ? & = only');
}

export interface WordsSyntax {
  readonly least: number;
  readonly most: number;
  /** What a single word must be where two are usual. */
  readonly alone: readonly string[];
}

/** Words of the characters of URLs, as directives with two parameters take them. Regular expressions ("~…") are refused. */
export function words({ least, most, alone }: WordsSyntax): ValueType<readonly Url[]> {
  const example = most === 1 ? 'http://inner.test/' : '/inner/ /outer/';
  return {
    name: most === 1 ? 'word or URL' : `two words, or ${alone.join(', ')}`,
    parse: (text) => {
      const found = text.split(/[ \t]+/).filter((part) => part !== '');
      const single = found.length === 1 && most > 1;
      if (found.length < least || found.length > most || (single && !alone.includes(found[0] ?? '')))
        return fail(`is not what is expected; write for example "${example}"`);
      const bad = found.find((part) => part.startsWith('~') || !parseUrl(part).ok);
      return bad === undefined
        ? ok(found as string[] as Url[])
        : fail(`holds "${bad.slice(0, 60)}"; write letters, digits and - . _ ~ / : , ? & = only`);
    },
  };
}
