/** Which of two objects came first. */
import { compareText, keyOf } from './keys.ts';

export interface Aged {
  /** RFC 3339 in UTC; empty when unknown. */
  readonly created: string;
  readonly namespace: string;
  readonly name: string;
}

/** Oldest first; an unknown time counts as oldest; equal times by key, descending (compat/behaviour.md 3.5). */
export function compareAge(a: Aged, b: Aged): number {
  if (a.created !== b.created) return a.created < b.created ? -1 : 1;
  // Of one namespace, keys are ordered as names are.
  if (a.namespace === b.namespace) return compareText(b.name, a.name);
  return compareText(keyOf(b), keyOf(a));
}
