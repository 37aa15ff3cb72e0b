/** URLs of few characters, as redirects and outside services take them: none means anything to nginx. */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { MAX_TOKEN_BYTES } from './safe.ts';
import type { Url } from './safe.ts';

/** Letters, digits and `- . _ ~ / : , ? & =` only (compat/annotations.json, "permanent-redirect"). */
export function parseUrl(text: string): Result<Url> {
  if (text.length > MAX_TOKEN_BYTES) return fail(`is too long for nginx; ${MAX_TOKEN_BYTES} bytes at most`);
  return /^[-._~a-zA-Z0-9/:,?&=]+$/.test(text)
    ? ok(text as Url)
    : fail('is not a URL that may stand here; write letters, digits and - . _ ~ / : , ? & = only');
}
