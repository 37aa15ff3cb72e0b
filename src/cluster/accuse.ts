/** Which object is at fault for what nginx refuses: the one whose text it is, or one of those that changed, found by halves. */
import { differenceOf } from '../lib/chunks.ts';
import { keyOf } from '../lib/keys.ts';
import type { ConfigMap, Ingress, ObjectKey, Secret } from '../source/objects.ts';
import { idOf } from './quarantine-view.ts';
import type { Context, Entry, Item, StandIn } from './quarantine-view.ts';

/** What the text of a generation was made of, as far as users write it. */
export interface Inputs {
  readonly ingresses: readonly Ingress[];
  readonly ingressOf: (key: ObjectKey) => Ingress | undefined;
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
  /** What is not as it was when all was good, by id. */
  readonly changed: ReadonlyMap<string, Item>;
  /** Keys of the Ingresses that something of what was refused comes from. */
  readonly effective: ReadonlySet<ObjectKey>;
  /** Ids of those of which nginx may refuse even the paths that answer 503. */
  readonly doubted: Set<string>;
  /** Ids of those that are accused now. */
  readonly touched: Set<string>;
  readonly annotationsPrefix: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Returns whether another configuration comes of it; false when no object is left that could be at fault. */
export function accuse(trial: Trial, { message, ingresses, place }: Blame): boolean {
  const { inputs, entries, good } = trial;
  if (ingresses.length === 0 && isOutdated(trial)) return true;
  const items = ingresses
    .map((key): Item => ({ kind: 'Ingress', key }))
    .filter((item) => find(item, inputs) !== null);
  const own = items.filter((item) => trial.changed.has(idOf(item)) || entries.has(idOf(item)));
  if (own.length > 0) return condemnAll(trial, own, message);
  const all = suspectsOf(trial);
  const others = all.filter(({ kind }) => kind !== 'Ingress');
  // It is as it was when all was good: rather something that it refers to has changed, or others have let it in.
  if (items.length > 0)
    return others.length > 0 ? search(trial, others, message) : condemnAll(trial, items, message);
  if (place === 'frame' && others.length > 0) return search(trial, others, message);
  // Without settings protections may be missing, so that at a start they are the last to be tried.
  const objects = all.filter(({ kind }) => kind === 'Ingress');
  return search(trial, good === null && objects.length > 0 ? objects : all, message);
}

function condemnAll(trial: Trial, items: readonly Item[], message: string): boolean {
  return items.map((item) => condemn(trial, item, { message, by: 'name' })).includes(true);
}

/** Whether the file was made before somebody was accused; the next one tells more. */
function isOutdated({ entries, inputs }: Trial): boolean {
  return [...entries.values()].some((entry) => isStillIn(entry, inputs));
}

/** A key of the ConfigMap that was removed is nowhere in any case. */
function isStillIn({ item, condemned, standIn }: Entry, inputs: Inputs): boolean {
  const found = find(item, inputs);
  if (found !== null && typeof found === 'object' && found.kind === 'Ingress' && found.confined === true)
    return standIn === 'left-out';
  return condemned !== null && found === condemned;
}

/** Those that are at fault if anybody is, since what served before did without them. */
function suspectsOf({ changed, entries, effective }: Trial): readonly Item[] {
  return [...changed.values()].filter(
    (item) => !entries.has(idOf(item)) && (item.kind !== 'Ingress' || effective.has(item.key)),
  );
}

function search(trial: Trial, pool: readonly Item[], message: string): boolean {
  const [only, ...others] = pool;
  if (only === undefined) return escalate(trial, message);
  if (others.length === 0) return condemn(trial, only, { message, by: 'left-over' });
  for (const item of pool.slice(0, Math.ceil(pool.length / 2)))
    add(trial, item, { status: 'held', message, by: 'left-over' });
  return true;
}

/** Nothing new is left, so that what was put in the place of others must be the reason. */
function escalate(trial: Trial, message: string): boolean {
  const guilty = [...trial.entries.values()].filter(({ status }) => status === 'guilty').toReversed();
  const fresh = guilty.filter(({ served }) => !served);
  const isWorse = (entries: readonly Entry[]) =>
    entries.some(({ item, by }) => condemn(trial, item, { message, by }));
  // What served before does no harm.
  const found = fresh.filter(({ by, standIn }) => by === 'left-over' && standIn === 'confined');
  return isWorse(found) || leaveOutHeld(trial) || isWorse(fresh) || isWorse(guilty);
}

/** The paths of those that are held back answer 503, and that is text as well. Returns whether there are any. */
function leaveOutHeld({ entries, doubted, touched }: Trial): boolean {
  const held = [...entries].filter(
    ([, { item, status, standIn, served }]) =>
      item.kind === 'Ingress' && status === 'held' && standIn === 'confined' && !served,
  );
  for (const [id, entry] of held) {
    entries.set(id, { ...entry, standIn: 'left-out' });
    doubted.add(id);
    touched.add(id);
  }
  return held.length > 0;
}

function condemn(trial: Trial, item: Item, reason: Reason): boolean {
  const known = trial.entries.get(idOf(item));
  // The file was made before this was known.
  if (known?.status === 'guilty' && isStillIn(known, trial.inputs)) return true;
  if (known?.status === 'guilty' && worse(known.standIn) === known.standIn) return false;
  add(trial, item, { status: 'guilty', ...reason });
  return true;
}

type Reason = Pick<Entry, 'message' | 'by'>;

function add(trial: Trial, item: Item, how: Reason & Pick<Entry, 'status'>): void {
  const { entries, inputs, now } = trial;
  const id = idOf(item);
  const known = entries.get(id);
  const condemned = known === undefined ? find(item, inputs) : known.condemned;
  const lastGood = known?.lastGood ?? servedOf(item, condemned, trial.good);
  const nothing: StandIn = how.status === 'held' && trial.doubted.has(id) ? 'left-out' : 'confined';
  const first: StandIn = lastGood === null ? nothing : 'last-good';
  trial.touched.add(id);
  entries.set(id, {
    item,
    ...how,
    condemned,
    lastGood,
    // Refused once more, so that what took its place is no better.
    standIn: known?.status === 'guilty' ? worse(known.standIn) : first,
    served: false,
    since: known?.since ?? new Date(now()).toISOString(),
    context: contextOf(condemned, trial),
  });
}

/** The Secrets of others are no reason to try an Ingress again. */
function contextOf(
  condemned: Entry['condemned'],
  { inputs: { context }, annotationsPrefix }: Trial,
): Context {
  if (condemned === null || typeof condemned === 'string' || condemned.kind !== 'Ingress')
    return { ...context, secrets: new Map() };
  const { namespace, annotations = {} } = condemned.metadata;
  const keys = ['auth-tls-secret', 'proxy-ssl-secret'].map((name) => {
    const named = annotations[`${annotationsPrefix}/${name}`] ?? '';
    return named.includes('/') ? named : `${namespace}/${named}`;
  });
  return { ...context, secrets: new Map([...context.secrets].filter(([secret]) => keys.includes(secret))) };
}

function worse(standIn: StandIn): StandIn {
  return standIn === 'last-good' ? 'confined' : 'left-out';
}

function find(item: Item, inputs: Inputs): Entry['condemned'] {
  switch (item.kind) {
    case 'Ingress':
      return inputs.ingressOf(item.key) ?? null;
    case 'Secret':
      return inputs.secrets.get(item.key) ?? null;
    case 'setting':
      return inputs.configMap?.data?.[item.key] ?? null;
  }
}

/** What served in its place; null when nothing did, or it did itself. What stands in for an object is no version of it. */
function servedOf(item: Item, condemned: Entry['condemned'], good: Inputs | null): Entry['lastGood'] {
  const found = good === null ? null : find(item, good);
  if (found === null || found === condemned) return null;
  if (typeof found === 'string') return found;
  const isSame =
    condemned !== null && typeof condemned === 'object' && condemned.metadata.uid === found.metadata.uid;
  return isSame && !(found.kind === 'Ingress' && found.confined === true) ? found : null;
}

/** Whatever is not as it was when all was good. */
export function changedItems(good: Inputs | null, inputs: Inputs): readonly Item[] {
  const ingresses = good === null ? inputs.ingresses : differenceOf(good.ingresses, inputs.ingresses).added;
  const [before, now] = [good?.configMap?.data ?? {}, inputs.configMap?.data ?? {}];
  const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [
    ...ingresses.map(({ metadata }): Item => ({ kind: 'Ingress', key: keyOf(metadata) })),
    ...Array.from(inputs.secrets)
      .filter(([key, secret]) => good?.secrets.get(key) !== secret)
      .map(([key]): Item => ({ kind: 'Secret', key })),
    ...Array.from(keys)
      .filter((key) => before[key] !== now[key])
      .map((key): Item => ({ kind: 'setting', key })),
  ];
}
