/** Every Ingress with limits has zones of shared memory of its own; a namespace may have a bounded number of those. */
import { sameItems } from '../lib/memo.ts';
import type { Ingress } from '../source/objects.ts';
import { accessAnnotations } from './annotations/access.ts';
import { budgetExceeded } from './budgets.ts';
import type { Part } from './collect.ts';
import type { ParsedIngress } from './graph.ts';
import type { Contribution } from './hosts.ts';
import type { GraphOptions } from './options.ts';

const LIMITS = ['connections', 'rps', 'rpm'] as const;

/** Whether it has zones of shared memory. */
export function hasLimits({ annotations: { access } }: ParsedIngress): boolean {
  return LIMITS.some((field) => (access[field] ?? 0) > 0);
}

/** The same of what is not parsed yet; true of some that have none after all. */
export function mayHaveLimits({ metadata }: Ingress, prefix: string): boolean {
  const given = metadata.annotations;
  if (given === undefined) return false;
  return LIMITS.some((field) => given[`${prefix}/${accessAnnotations[field].name}`] !== undefined);
}

type Closing = Pick<GraphOptions, 'annotationsPrefix' | 'budgets'>;

/**
 * Closes the youngest Ingresses with limits of a namespace that has too many: what cannot be counted must not be open. Costs a look
 * at those with limits; parts in which the same are closed as the last time keep their identity.
 * @param parts of all Ingresses, oldest first.
 */
export function createZoneBudget(options: Closing): (parts: readonly Part[]) => readonly Part[] {
  const most = options.budgets.limitedIngresses;
  const closed = new WeakMap<Part, { readonly own: readonly ParsedIngress[]; readonly part: Part }>();
  const close = createCloser();

  function closeIn(part: Part, own: readonly ParsedIngress[]): Part {
    const known = closed.get(part);
    if (known !== undefined && sameItems(known.own, own)) return known.part;
    const isOwn = new Set(own);
    const shut = (ingress: ParsedIngress) => (isOwn.has(ingress) ? close.ingress(ingress) : ingress);
    const after: Part = {
      ...part,
      contributions: part.contributions.map((one) =>
        isOwn.has(one.ingress) ? close.contribution(one) : one,
      ),
      catchAll: part.catchAll.map(shut),
      clientAuth: part.clientAuth.map(shut),
      problems: [...part.problems, ...own.map((ingress) => problemOf(ingress, options))],
    };
    closed.set(part, { own, part: after });
    return after;
  }

  return (parts) => {
    const beyond = youngestOf(parts, most);
    if (beyond.size === 0) return parts;
    return parts.map((part) => {
      const own = part.limited.filter((ingress) => beyond.has(ingress));
      return own.length === 0 ? part : closeIn(part, own);
    });
  };
}

/** Those behind the first so many of each namespace. */
function youngestOf(parts: readonly Part[], most: number): ReadonlySet<ParsedIngress> {
  const beyond = new Set<ParsedIngress>();
  const total = parts.reduce((sum, { limited }) => sum + limited.length, 0);
  if (total <= most) return beyond;
  const counts = new Map<string, number>();
  for (const { limited } of parts) {
    for (const ingress of limited) {
      const count = (counts.get(ingress.namespace) ?? 0) + 1;
      counts.set(ingress.namespace, count);
      if (count > most) beyond.add(ingress);
    }
  }
  return beyond;
}

/** The same input gives the same object, so that hosts are not merged again. */
function createCloser() {
  const ingresses = new WeakMap<ParsedIngress, ParsedIngress>();
  const contributions = new WeakMap<Contribution, Contribution>();

  function ingress(open: ParsedIngress): ParsedIngress {
    const known = ingresses.get(open) ?? closedForm(open);
    ingresses.set(open, known);
    return known;
  }

  function contribution(open: Contribution): Contribution {
    const known = contributions.get(open) ?? { ingress: ingress(open.ingress), rule: open.rule };
    contributions.set(open, known);
    return known;
  }

  return { ingress, contribution };
}

function closedForm(open: ParsedIngress): ParsedIngress {
  const access = { ...open.annotations.access, connections: null, rps: null, rpm: null };
  return Object.freeze({ ...open, state: 'denied', annotations: { ...open.annotations, access } });
}

function problemOf(ingress: ParsedIngress, { annotationsPrefix, budgets }: Closing) {
  const field = LIMITS.find((name) => (ingress.annotations.access[name] ?? 0) > 0) ?? 'rps';
  const most = budgets.limitedIngresses;
  return budgetExceeded(
    {
      object: ingress.ref,
      field: `metadata.annotations["${annotationsPrefix}/${accessAnnotations[field].name}"]`,
    },
    { budget: 'limitedIngresses', has: most + 1, most, effect: 'all paths of this Ingress answer 503' },
  );
}
