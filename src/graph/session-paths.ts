/** Cookies of sessions whose Path no browser would ever find (compat/behaviour.md 13.1). */
import type { ObjectRef } from '../source/objects.ts';
import type { Annotations } from './annotations/read.ts';
import { warning } from './problems.ts';
import type { Problem } from './problems.ts';

/** Whether the expression of a path would be the Path of the cookie. */
export function lacksCookiePath({ affinity, rewrite }: Pick<Annotations, 'affinity' | 'rewrite'>): boolean {
  return affinity.affinity !== null && affinity.path === null && rewrite.useRegex === true;
}

/** In words that scripts look for in the log. */
export function cookiePathMissing(object: ObjectRef, prefix: string): Problem {
  const field = `metadata.annotations["${prefix}/session-cookie-path"]`;
  const message =
    'session-cookie-path should be set when use-regex is true; otherwise the Path of the cookie is the expression, which browsers compare as a text';
  return warning('session-path-missing', { object, field, message });
}
