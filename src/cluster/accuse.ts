/** Which object is at fault for what nginx refuses: the one whose text it is, or one of those that changed, found by halves. */
import { differenceOf } from '../lib/chunks.ts';
import { keyOf } from '../lib/keys.ts';
import type { ConfigMap, Ingress, ObjectKey, Secret } from '../source/objects.ts';
import { idOf } from './quarantine-view.ts';
import type { Context, Entry, Item, StandIn } from './quarantine-view.ts';

/** What the text of a generation was made of, as far as users write it. */
export interface Inputs {
  readonly ingresses: readonly Ingress[];
  /** Those that nginx reads as files. */
  readonly secrets: ReadonlyMap<ObjectKey, Secret>;
  readonly configMap: ConfigMap | undefined;
  /** The ConfigMap and the Secrets as they are, whatever took their place. */
  readonly context: Context;
}

/** One thing that nginx objects to. */
export interface Blame {
  /** nginx's words. */
  readonly message: string;
  /** Keys of the Ingresses whose text it is; empty when that cannot be told. */
  readonly ingresses: readonly ObjectKey[];
  /** `frame`: what stands outside of all servers. */
  readonly place: 'server' | 'frame' | 'unknown';
}

/** What is known when nginx refuses something. */
export interface Trial {
  /** Changed by it. */
  readonly entries: Map<string, Entry>;
  /** What served last; null when nothing has. */
  readonly good: Inputs | null;
  /** What was refused. */
  readonly inputs: Inputs;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Returns whether another configuration comes of it; false when no object is left that could be at fault. */
export function accuse(trial: Trial, { message, ingresses, place }: Blame): boolean {
  const { inputs, entries } = trial;
  const items = ingresses
    .map((key): Item => ({ kind: 'Ingress', key }))
    .filter((item) => find(item, inputs) !== null);
  const all = suspectsOf(trial);
  const ids = new Set(all.map(idOf));
  const own = items.filter((item) => ids.has(idOf(item)) || entries.has(idOf(item)));
  const others = all.filter(({ kind }) => kind !== 'Ingress');
  if (own.length > 0) return own.map((item) => condemn(trial, item, message)).includes(true);
  // It served as it is, so that what it refers to must have changed, or nothing that anybody wrote.
  if (items.length > 0) return others.length > 0 && search(trial, others, message);
  return search(trial, place === 'frame' && others.length > 0 ? others : all, message);
}

/** Those that are at fault if anybody is, since what served before did without them. */
function suspectsOf({ good, inputs, entries }: Trial): readonly Item[] {
  return changedItems(good, inputs).filter((item) => !entries.has(idOf(item)));
}

function search(trial: Trial, pool: readonly Item[], message: string): boolean {
  const [only, ...others] = pool;
  if (only === undefined) return escalate(trial, message);
  if (others.length === 0) return condemn(trial, only, message);
  for (const item of pool.slice(0, Math.ceil(pool.length / 2))) add(trial, item, { status: 'held', message });
  return true;
}

/** Nothing new is left, so that what was put in the place of others must be the reason. */
function escalate(trial: Trial, message: string): boolean {
  const guilty = [...trial.entries.values()].filter(({ status }) => status === 'guilty');
  return guilty.toReversed().some(({ item }) => condemn(trial, item, message));
}

function condemn(trial: Trial, item: Item, message: string): boolean {
  const known = trial.entries.get(idOf(item));
  // The file was made before this was known.
  if (known?.status === 'guilty' && find(item, trial.inputs) === known.condemned) return true;
  if (known?.status === 'guilty' && worse(known.standIn) === known.standIn) return false;
  add(trial, item, { status: 'guilty', message });
  return true;
}

function add(
  { entries, good, inputs, now }: Trial,
  item: Item,
  how: Pick<Entry, 'status' | 'message'>,
): void {
  const id = idOf(item);
  const known = entries.get(id);
  const lastGood = known?.lastGood ?? (good === null ? null : servedOf(item, good));
  const fallback: StandIn = how.status === 'held' ? 'left-out' : 'confined';
  entries.set(id, {
    item,
    ...how,
    condemned: known?.condemned ?? find(item, inputs),
    lastGood,
    // Refused once more, so that what took its place is no better.
    standIn: known?.status === 'guilty' ? worse(known.standIn) : lastGood === null ? fallback : 'last-good',
    since: known?.since ?? new Date(now()).toISOString(),
    context: inputs.context,
  });
}

function worse(standIn: StandIn): StandIn {
  return standIn === 'last-good' ? 'confined' : 'left-out';
}

function find(item: Item, inputs: Inputs): Entry['condemned'] {
  switch (item.kind) {
    case 'Ingress':
      return inputs.ingresses.find(({ metadata }) => keyOf(metadata) === item.key) ?? null;
    case 'Secret':
      return inputs.secrets.get(item.key) ?? null;
    case 'setting':
      return inputs.configMap?.data?.[item.key] ?? null;
  }
}

/** What stands in for an object is no version of it that ever served. */
function servedOf(item: Item, good: Inputs): Entry['lastGood'] {
  const found = find(item, good);
  return typeof found === 'object' && found?.kind === 'Ingress' && found.confined === true ? null : found;
}

/** Whatever is not as it was when all was good; a setting that went away is none that could be taken out. */
function changedItems(good: Inputs | null, inputs: Inputs): readonly Item[] {
  const ingresses = good === null ? inputs.ingresses : differenceOf(good.ingresses, inputs.ingresses).added;
  const settings = Object.entries(inputs.configMap?.data ?? {});
  return [
    ...settings
      .filter(([key, value]) => good?.configMap?.data?.[key] !== value)
      .map(([key]): Item => ({ kind: 'setting', key })),
    ...Array.from(inputs.secrets)
      .filter(([key, secret]) => good?.secrets.get(key) !== secret)
      .map(([key]): Item => ({ kind: 'Secret', key })),
    ...ingresses.map(({ metadata }): Item => ({ kind: 'Ingress', key: keyOf(metadata) })),
  ];
}
