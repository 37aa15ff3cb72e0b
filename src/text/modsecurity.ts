/** Values of ModSecurity (compat/annotations.md, "ModSecurity"). */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { plainLines } from './lines.ts';
import { MAX_TOKEN_BYTES, parseExpression } from './safe.ts';
import type { Expression, SecurityRules } from './safe.ts';
import type { ValueType } from './values.ts';

/** Rules as nginx reads them between single quotes, which is where ingress-nginx puts them. */
export const securityRules: ValueType<SecurityRules> = {
  name: 'rules of ModSecurity',
  parse: (text) => {
    const lines = plainLines(text);
    if (!lines.ok) return lines;
    const rules = lines.value.replaceAll(/\\([\\'"])/g, '$1');
    if (Buffer.byteLength(printRules(rules)) > MAX_TOKEN_BYTES)
      return fail(`is too long for nginx; ${MAX_TOKEN_BYTES} bytes at most`);
    return ok(rules as SecurityRules);
  },
};

/** One word for nginx, in the quotes that scripts look for. */
export function printRules(rules: string): string {
  return `'${rules.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}

/** What lets rules run programs, or read files and addresses. */
const DANGEROUS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^\s*Include(?:Optional)?\b/im, 'Include'],
  [/^\s*SecRemoteRules\b/im, 'SecRemoteRules'],
  [/^\s*SecRuleScript\b/im, 'SecRuleScript'],
  [/\bexec:/i, 'exec'],
];

/** The first directive or action that rules of an Ingress must not have, or null. @param allowed by the admin, all the same. */
export function dangerousRule(rules: SecurityRules, allowed: readonly string[]): string | null {
  // A line may go on in the next one.
  const joined = rules.replaceAll(/\\\n/g, '');
  const found = DANGEROUS.find(([pattern, name]) => pattern.test(joined) && !allowed.includes(name));
  return found?.[1] ?? null;
}

export const transactionId: ValueType<Expression> = {
  name: 'text with variables, for example "modsecurity-$request_id"',
  parse: (text): Result<Expression> =>
    /^[-_${}a-zA-Z0-9]+$/.test(text)
      ? parseExpression(text)
      : fail('may only contain letters, digits and - _ $ { }; write for example "$request_id"'),
};
