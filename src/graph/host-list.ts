/** All hosts, each made anew only when a rule that names it is new, changed or gone. */
import { compareAge } from '../lib/age.ts';
import { differenceOf, resorted } from '../lib/chunks.ts';
import { compareText } from '../lib/keys.ts';
import { each, memoizeSliced } from '../lib/slices.ts';
import type { Sliced } from '../lib/slices.ts';
import type { Collected } from './collect.ts';
import type { GraphHost, Host, ParsedIngress } from './graph.ts';
import { mergeHost } from './hosts.ts';
import type { Contribution } from './hosts.ts';

interface Entry {
  readonly contributions: readonly Contribution[];
  readonly host: GraphHost;
}

interface State {
  readonly contributions: readonly Contribution[];
  readonly catchAll: readonly ParsedIngress[] | null;
  /** Ordered by name. */
  readonly list: readonly GraphHost[];
}

const NONE: readonly never[] = Object.freeze([]);
const CATCH_ALL = '_';

const byAge = (a: Contribution, b: Contribution) => compareAge(a.ingress, b.ingress);
const byName = (a: GraphHost, b: GraphHost) => compareText(a.name, b.name);

/** Ordered by name; the catch-all host is always among them. */
export function createHostList(): (collected: Collected) => Sliced<readonly GraphHost[]> {
  const entries = new Map<Host, Entry>();
  let state: State = { contributions: NONE, catchAll: null, list: NONE };

  function* merge(collected: Collected): Sliced<readonly GraphHost[]> {
    const { removed, added } = differenceOf(state.contributions, collected.contributions);
    const gone = new Set(removed);
    const touched = new Map<Host, Contribution[]>();
    if (state.catchAll !== collected.catchAll) touched.set(CATCH_ALL, []);
    for (const { rule } of removed) touched.set(rule.host, []);
    for (const contribution of added) {
      const more = touched.get(contribution.rule.host);
      if (more === undefined) touched.set(contribution.rule.host, [contribution]);
      else more.push(contribution);
    }
    const fresh = new Map<Host, Entry | null>();
    yield* each(touched, ([name, more]) => {
      const kept = entries.get(name)?.contributions.filter((contribution) => !gone.has(contribution)) ?? NONE;
      const contributions = [...kept, ...more].sort(byAge);
      fresh.set(name, entryOf(name, contributions, collected));
    });
    return replace(fresh, collected);
  }

  // All at once and at the end, so that a fault leaves everything as it was.
  function replace(fresh: ReadonlyMap<Host, Entry | null>, collected: Collected): readonly GraphHost[] {
    const names = [...fresh.keys()];
    const removed = names.flatMap((name) => entries.get(name)?.host ?? NONE);
    const added = names.flatMap((name) => fresh.get(name)?.host ?? NONE);
    for (const [name, entry] of fresh) {
      if (entry === null) entries.delete(name);
      else entries.set(name, entry);
    }
    const { contributions, catchAll } = collected;
    state = { contributions, catchAll, list: resorted(state.list, { removed, added }, byName) };
    return state.list;
  }

  return memoizeSliced(merge);
}

function entryOf(
  name: Host,
  contributions: readonly Contribution[],
  { catchAll }: Pick<Collected, 'catchAll'>,
): Entry | null {
  if (name === CATCH_ALL) return { contributions, host: mergeHost(name, contributions, catchAll) };
  return contributions.length === 0 ? null : { contributions, host: mergeHost(name, contributions, NONE) };
}
