/** Lines of the annotation redirects, which is Tidegate's own. */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { linesOf } from './directive-lines.ts';
import { countGroups, parsePattern } from './pattern.ts';
import { riskOfPattern } from './pattern-risk.ts';
import type { ValueType } from './values.ts';

export interface RedirectLine {
  /** The whole path, or a regular expression that is looked for in it. */
  readonly match: 'path' | 'regex' | 'regex-any-case';
  readonly from: string;
  /** With $1 to $9, $host, $request_uri, $args and $is_args. */
  readonly to: string;
  readonly code: number;
  readonly when: RedirectCondition | null;
}

export interface RedirectCondition {
  /** A variable of nginx. */
  readonly variable: string;
  /** Null: whatever it is, if not empty. */
  readonly value: string | null;
}

const CODES: ReadonlySet<string> = new Set(['301', '302', '303', '307', '308']);
const EXAMPLE =
  'write for example "/old /new 301" or "~^/blog/(\\d+)$ https://blog.example.com/$1 302 if cookie beta=yes"';

function parseLine(text: string): Result<RedirectLine> {
  const [from = '', to = '', code = '', ...rest] = text.split(/[ \t]+/);
  if (!CODES.has(code)) return fail(`has no status 301, 302, 303, 307 or 308 in the third place; ${EXAMPLE}`);
  const match = matchOf(from);
  if (!match.ok) return match;
  const target = targetOf(to, match.value.groups);
  if (target !== null) return fail(target);
  const when = conditionOf(rest);
  if (!when.ok) return when;
  if (from === to && when.value === null) return fail('redirects to itself');
  return ok({ match: match.value.match, from: match.value.from, to, code: Number(code), when: when.value });
}

interface Match extends Pick<RedirectLine, 'match' | 'from'> {
  readonly groups: number;
}

function matchOf(text: string): Result<Match> {
  const [, tilde, star, expression = ''] = /^(~)(\*?)(.*)$/.exec(text) ?? [];
  if (tilde === undefined) {
    return /^\/[\x21-\x7e]*$/.test(text) && !/["\\$;{}]/.test(text)
      ? ok({ match: 'path', from: text, groups: 0 })
      : fail(`has no path, or expression after "~", in the first place; ${EXAMPLE}`);
  }
  const pattern = parsePattern(expression);
  if (!pattern.ok) return pattern;
  const risk = riskOfPattern(pattern.value, '');
  if (expression === '' || risk !== null) return fail(`holds an expression that ${risk ?? 'is empty'}`);
  const match = star === '*' ? 'regex-any-case' : 'regex';
  return ok({ match, from: expression, groups: countGroups(pattern.value) });
}

const VARIABLES: ReadonlySet<string> = new Set(['host', 'request_uri', 'args', 'is_args']);
// The host is written, or that of the request: nobody else may choose where people end up.
const TARGET =
  /^(?:https?:\/\/(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\$host)(?::\d{1,5})?)?(?:\/(?!\/)[-._~A-Za-z0-9/:,?&=%+@!$#]*|\$request_uri)?$/;

/** What is wrong, or null. */
function targetOf(text: string, groups: number): string | null {
  if (text === '' || !TARGET.test(text) || text.startsWith('$'))
    return `has no target that begins with "/", or with a scheme and a host, in the second place; ${EXAMPLE}`;
  for (const [dollar, name = ''] of text.matchAll(/\$([A-Za-z0-9_]*)/g)) {
    const known = /^[1-9]/.test(name) ? Number(name.slice(0, 1)) <= groups : VARIABLES.has(name);
    if (!known)
      return `uses "${dollar}"; there are $1 to $9 for groups, $host, $request_uri, $args and $is_args`;
  }
  return null;
}

const PREFIXES = { header: 'http_', cookie: 'cookie_', query: 'arg_' } as const;

function conditionOf(words: readonly string[]): Result<RedirectCondition | null> {
  if (words.length === 0) return ok(null);
  const [, kind = '', name = '', value] =
    /^if (header|cookie|query) ([A-Za-z0-9_-]{1,100})(?: ?= ?([A-Za-z0-9._~:/,@+-]{1,200}))?$/.exec(
      words.join(' '),
    ) ?? [];
  if (kind === '')
    return fail(
      'ends with no condition; write for example "if header X-Beta", "if cookie beta=yes" or "if query lang=de"',
    );
  const key = kind === 'header' ? name.toLowerCase().replaceAll('-', '_') : name;
  if (key.includes('-'))
    return fail(`holds "${name}"; names of cookies and of queries have letters, digits and "_" here`);
  return ok({ variable: `${PREFIXES[kind as keyof typeof PREFIXES]}${key}`, value: value ?? null });
}

export const redirectLines: ValueType<readonly RedirectLine[]> = linesOf({
  name: 'lines such as "/old /new 301" or "~^/blog/(\\d+)$ https://blog.example.com/$1 302 if cookie beta=yes"',
  most: 20,
  line: parseLine,
});
