/** Names of hosts as nginx's server_name takes them. */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { parsePattern } from './pattern.ts';
import { parseHostName } from './safe.ts';
import type { Alias } from './safe.ts';

/** `a.test`, `*.a.test` (any number of labels), `.a.test`, `a.*`, `~^a\d+\.test$`. */
export function parseAlias(text: string): Result<Alias> {
  if (text.startsWith('~')) {
    if (!/^~[-._~a-zA-Z0-9/:^$[\](){}*+?|&=\\]+$/.test(text))
      return fail('holds characters that may not stand in such an expression');
    const pattern = parsePattern(text.slice(1));
    return pattern.ok ? ok(text as Alias) : pattern;
  }
  const lower = text.toLowerCase();
  // What is left when the wildcard is gone must be a name.
  const name = parseHostName(lower.replace(/^\*?\./, '').replace(/\.\*$/, ''));
  return name.ok
    ? ok(lower as Alias)
    : fail(
        'is not a name of a host; write for example "www.example.com", "*.example.com" or "~^www\\d+\\.example\\.com$"',
      );
}
