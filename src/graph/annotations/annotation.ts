import type { Risk } from '../../text/risk.ts';
import type { ValueType } from '../../text/values.ts';
import type { BudgetName } from '../budgets.ts';

export type { Risk };

/**
 * One annotation as data. `invalid` says what a bad value does (compat/behaviour.md section 9): `default` leaves the rest of
 * the Ingress in force, `denied` makes its locations answer 503, `rejected` leaves the whole Ingress out.
 */
export interface Annotation<T> {
  /** Without the prefix. */
  readonly name: string;
  /** Older names; the first that is given counts. */
  readonly aliases?: readonly string[];
  readonly type: ValueType<T>;
  readonly invalid: 'default' | 'denied' | 'rejected';
  /** What nginx.conf says of a bad value when it is denied, where scripts look for certain words. */
  readonly denial?: string;
  /** What a bad value counts as; otherwise it is as if there were none. */
  readonly badCountsAs?: T;
  /**
   * The webhook refuses a bad value, or one that fits, although the sync only leaves it out, or only denies the Ingress: with
   * ingress-nginx it stopped all reloads or was refused, or ingress-nginx does not have the annotation.
   */
  readonly admission?: 'refuse' | RegExp;
  /** Field of the same table without which, or with which off, this one means nothing, and is not looked at unless it looks like an attack. */
  readonly needs?: string;
  /** Of a list: how many items it may have. Beyond them it is as a bad value, or the items behind them are left out. */
  readonly budget?: { readonly name: BudgetName; readonly beyond: 'invalid' | 'left-out' };
  readonly risk: Risk;
  /** Ingress-nginx does not have it. */
  readonly isExtension?: true;
  /** Whether it speaks for each path or for the Ingress as a whole. */
  readonly scope: 'location' | 'ingress';
  /** A value that does something, in a cluster that has what it names. */
  readonly example: string;
  readonly doc: string;
}

/** What a bad value does, for people. */
export const effectsOfInvalid = {
  default: 'the annotation is ignored',
  denied: 'all paths of the Ingress answer 503',
  rejected: 'the Ingress is left out',
} as const satisfies Readonly<Record<Annotation<unknown>['invalid'], string>>;

/** What a bad value of this one does. */
export function effectOfBad({ invalid, badCountsAs }: Annotation<unknown>): string {
  return badCountsAs === undefined ? effectsOfInvalid[invalid] : `it counts as ${String(badCountsAs)}`;
}

export type AnnotationTable = Readonly<Record<string, Annotation<unknown>>>;

/** The values of a table; null where the annotation is absent or its value was not usable. */
export type AnnotationValues<T extends AnnotationTable> = {
  readonly [K in keyof T]: T[K] extends Annotation<infer V> ? V | null : never;
};

export function annotation<T>(
  name: string,
  type: ValueType<T>,
  rest: Omit<Annotation<T>, 'name' | 'type'>,
): Annotation<T> {
  return { name, type, ...rest };
}
