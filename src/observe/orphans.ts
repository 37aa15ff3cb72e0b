/** Ingresses that lead to nobody (compat/metrics.md, `orphan_ingress`). */
import type { Family } from './exposition.ts';

export interface Lead {
  readonly namespace: string;
  readonly ingress: string;
  /** The Service that one of its paths names does not exist. */
  readonly state: 'no-service' | 'no-endpoint' | 'served';
}

const FAMILY = {
  name: 'orphan_ingress',
  type: 'gauge',
  help: 'Whether a Service that an Ingress names does not exist, or has no endpoint',
} as const;

interface Seen {
  readonly namespace: string;
  readonly ingress: string;
  missing: boolean;
  /** Null: no Service of it exists, so that nobody asked for endpoints. */
  empty: boolean | null;
}

/** One path that leads to nobody makes its Ingress an orphan. */
export function orphanFamilies(
  leads: Iterable<Lead>,
  labels: Readonly<Record<string, string>>,
): readonly Family[] {
  const all = new Map<string, Seen>();
  for (const { namespace, ingress, state } of leads) {
    const key = `${namespace}/${ingress}`;
    const seen = all.get(key) ?? { namespace, ingress, missing: false, empty: null };
    if (state === 'no-service') seen.missing = true;
    else seen.empty = seen.empty === true || state === 'no-endpoint';
    all.set(key, seen);
  }
  const rows = [...all.values()].flatMap(({ namespace, ingress, missing, empty }) => {
    const row = (type: string, is: boolean) => [{ ...labels, namespace, ingress, type }, is ? 1 : 0] as const;
    return [row('no-service', missing), ...(empty === null ? [] : [row('no-endpoint', empty)])];
  });
  return rows.length === 0 ? [] : [{ ...FAMILY, rows }];
}
