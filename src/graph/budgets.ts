/** How much one object, or one namespace, may ask of nginx, which serves everybody: more than honest users need. */
import type { FlagName } from '../config/flags/table.ts';
import { refused } from './problems.ts';
import type { Problem, ProblemAt } from './problems.ts';

interface Budget {
  /** Its default and its documentation stand there. */
  readonly flag: FlagName;
  /** What is wrong, without a number that changes with other objects: each text is logged once. */
  readonly says: (has: number, most: number) => string;
  readonly advice: string;
}

export const budgetTable = {
  paths: {
    flag: 'max-paths-per-ingress',
    says: (has, most) => `has ${has} paths, and one Ingress may have ${most}`,
    advice: 'divide it into several Ingresses',
  },
  expressionBytes: {
    flag: 'max-regex-bytes-per-ingress',
    says: (has, most) =>
      `has regular expressions of ${has} bytes together in paths and aliases, and one Ingress may have ${most}`,
    advice: 'write shorter ones, or divide it into several Ingresses',
  },
  aliases: {
    flag: 'max-aliases-per-ingress',
    says: (has, most) => `has ${has} names, and one Ingress may have ${most}`,
    advice: 'write a wildcard, or rules for the other names',
  },
  addresses: {
    flag: 'max-addresses-per-list',
    says: (has, most) => `holds ${has} addresses and networks, and one list may hold ${most}`,
    advice: 'join them into larger networks',
  },
  limitedIngresses: {
    flag: 'max-limited-ingresses-per-namespace',
    says: (_, most) =>
      `needs shared memory of its own, which ${most} older Ingresses of the namespace have already`,
    advice: 'remove limit-connections, limit-rps and limit-rpm, or join Ingresses whose limits are the same',
  },
  userBytes: {
    flag: 'max-user-bytes-per-namespace',
    says: (_, most) =>
      `holds more users than fit beside those of other Secrets of its namespace, which may have ${most} bytes of them`,
    advice: 'remove users that nobody needs',
  },
} as const satisfies Readonly<Record<string, Budget>>;

export type BudgetName = keyof typeof budgetTable;

/** The most of each; Infinity: no limit. */
export type Budgets = Readonly<Record<BudgetName, number>>;

/** How much of a budget an object takes. */
export interface BudgetUse {
  readonly budget: BudgetName;
  readonly has: number;
}

export interface Excess extends BudgetUse {
  readonly most: number;
  /** What is not in force because of it. */
  readonly effect: string;
}

export function budgetExceeded(
  { object, field }: Pick<ProblemAt, 'object' | 'field'>,
  { budget, has, most, effect }: Excess,
): Problem {
  const { says, flag, advice } = budgetTable[budget];
  const message = `${says(has, most)} (--${flag}); ${effect}; ${advice}`;
  return refused('budget-exceeded', { object, field, message, use: { budget, has } });
}
