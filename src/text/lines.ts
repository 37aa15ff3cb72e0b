/** Text of several lines that stands in nginx.conf as it was written. */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';

// As for other text (text/safe.ts), but for line breaks and tabs.
const FORBIDDEN = /[^\P{Cc}\n\t]|\p{Zl}|\p{Zp}|\p{Cs}|[\u202a-\u202e\u2066-\u2069]/u;

/** Each line without blanks around it, as ingress-nginx takes all values. */
export function trimLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .trim();
}

/** Trimmed lines without control characters. */
export function plainLines(text: string): Result<string> {
  const trimmed = trimLines(text);
  return FORBIDDEN.test(trimmed) ? fail('contains a control character; write plain text') : ok(trimmed);
}
