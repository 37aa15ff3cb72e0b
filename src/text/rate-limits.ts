/** Lines of the annotation rate-limits, which is Tidegate's own. */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { linesOf } from './directive-lines.ts';
import { parseExpression } from './safe.ts';
import type { Expression } from './safe.ts';
import type { ValueType } from './values.ts';

export interface RateLimit {
  /** What requests are told apart by; those for which it is empty are not counted. */
  readonly key: Expression;
  /** Requests in so many seconds. */
  readonly count: number;
  readonly seconds: number;
  /** Requests that may come at once. */
  readonly burst: number;
}

const UNITS = { s: 1, m: 60, h: 3600 } as const;
const MOST = 1_000_000;
const EXAMPLE = 'write for example "key=$http_x_api_key rate=10r/s burst=20"';

function within(text: string): number | null {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= MOST ? value : null;
}

function parseLine(text: string): Result<RateLimit> {
  const words = text.split(/[ \t]+/);
  const found = new Map<string, string>();
  for (const word of words) {
    const [, name = '', value = ''] = /^(key|rate|burst)=(.+)$/.exec(word) ?? [];
    if (name === '') return fail(`holds "${word.slice(0, 60)}"; ${EXAMPLE}`);
    if (found.has(name)) return fail(`says "${name}" twice; ${EXAMPLE}`);
    found.set(name, value);
  }
  const [, count = '', unit = ''] = /^(\d+)r\/([smh])$/.exec(found.get('rate') ?? '') ?? [];
  const rate = within(count);
  if (rate === null) return fail(`has no rate of 1 to ${MOST} r/s, r/m or r/h; ${EXAMPLE}`);
  const burst = within(found.get('burst') ?? String(rate));
  if (burst === null) return fail(`has a burst that is not from 1 to ${MOST}; ${EXAMPLE}`);
  const key = keyOf(found.get('key') ?? '');
  if (!key.ok) return key;
  return ok({ key: key.value, count: rate, seconds: UNITS[unit as keyof typeof UNITS], burst });
}

function keyOf(text: string): Result<Expression> {
  if (text === '' || !/^[\w$.:/,|{}-]+$/.test(text) || !text.includes('$'))
    return fail(`has no key with a variable; ${EXAMPLE}`);
  return parseExpression(text);
}

export const rateLimits: ValueType<readonly RateLimit[]> = linesOf({
  name: 'lines such as "key=$http_x_api_key rate=10r/s burst=20"',
  most: 5,
  line: parseLine,
});
