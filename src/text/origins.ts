/** Origins as CORS knows them: RFC 6454, and `*` for the first label of a host. */
import { fail } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { parseLiteral } from './safe.ts';
import type { Literal } from './safe.ts';

const ORIGIN = /^(?:[a-z]+:\/\/(?:\*\.)?[A-Za-z0-9.-]+(?::\d{1,5})?|null)$/;

/** Comma-separated in the answer. What is no origin is left out; `*` anywhere stands for all. @throws never */
export function parseOrigins(text: string): Result<Literal> {
  if (text.length > 4000) return fail('is too long for nginx; 4000 bytes at most');
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => /[^-._~a-zA-Z0-9/:*]/.test(item))) return fail(REASON);
  if (items.includes('*')) return parseLiteral('*');
  const usable = items.filter((item) => ORIGIN.test(item)).map((item) => item.toLowerCase());
  // Nobody is allowed then, rather than everybody.
  return parseLiteral(usable.length === 0 ? 'none' : usable.join(','));
}

const REASON = 'is not a list of origins; write for example "https://a.example.com,https://*.b.example.com"';
