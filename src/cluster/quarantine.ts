/**
 * What nginx has refused, as one more thing that is known: a view of the snapshot in which refused objects are replaced by what served
 * before. An object leaves by itself when it, the ConfigMap or a Secret that nginx reads changes.
 */
import type { ConfigMap, Ingress, ObjectKey, Secret } from '../source/objects.ts';
import { keyOf } from '../lib/keys.ts';
import { memoizeLast } from '../lib/memo.ts';
import { accuse, changedItems } from './accuse.ts';
import type { Blame, Inputs } from './accuse.ts';
import { createQuarantineView, idOf } from './quarantine-view.ts';
import type { Entry, Item, StandIn } from './quarantine-view.ts';
import type { Snapshot } from './snapshot.ts';

export type { Blame, Inputs } from './accuse.ts';
export type { Item } from './quarantine-view.ts';

/** @param secrets keys of those that nginx reads as files. */
export function inputsOf(
  { snapshot, view }: { readonly snapshot: Snapshot; readonly view: Snapshot },
  configMap: ObjectKey,
  secrets: Iterable<ObjectKey>,
): Inputs {
  const keys = [...secrets];
  return {
    ingresses: view.ingresses,
    ingressOf: finderIn(view.ingresses),
    secrets: new Map(
      keys.flatMap((key) => {
        const secret = view.secrets.get(key);
        return secret === undefined ? [] : [[key, secret] as const];
      }),
    ),
    configMap: view.configMaps.get(configMap),
    context: {
      configMap: snapshot.configMaps.get(configMap),
      secrets: new Map(keys.map((key) => [key, snapshot.secrets.get(key)])),
    },
  };
}

/** A function of its own, so that it keeps the list and not the snapshot. */
function finderIn(ingresses: readonly Ingress[]): Inputs['ingressOf'] {
  const byKey = memoizeLast(() => new Map(ingresses.map((ingress) => [keyOf(ingress.metadata), ingress])));
  return (key) => byKey().get(key);
}

export interface Quarantined {
  readonly item: Item;
  /** What its owner edits; of a setting the ConfigMap. */
  readonly object: Ingress | Secret | ConfigMap | null;
  readonly message: string;
  /** What serves instead: `last-good`, or its paths answer 503, or nothing of it does. */
  readonly standIn: StandIn;
  /** RFC 3339. */
  readonly since: string;
}

export interface Quarantine {
  view(snapshot: Snapshot): Snapshot;
  /** `helpless`: no object is left that could be at fault. */
  refused(refused: Refused): 'acted' | 'helpless';
  /** This serves. Returns whether another sync is wanted, because objects that were held back can be tried. */
  proven(inputs: Inputs): boolean;
  /** Objects are held back until it is clear which of them is at fault. */
  searching(): boolean;
  /** In the order in which they came. */
  list(): readonly Quarantined[];
}

export interface Refused {
  readonly inputs: Inputs;
  readonly blames: readonly Blame[];
  /** Keys of the Ingresses that something of it comes from. */
  readonly effective: ReadonlySet<ObjectKey>;
}

export interface QuarantineOptions {
  readonly annotationsPrefix: string;
  /** Key of the controller's ConfigMap; empty for none. */
  readonly configMap: ObjectKey;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function createQuarantine(options: QuarantineOptions): Quarantine {
  const entries = new Map<string, Entry>();
  const viewOf = createQuarantineView(options, entries);
  const doubted = new Set<string>();
  // By the last refusal.
  let accused: ReadonlySet<string> = new Set();
  let good: Inputs | null = null;
  // What was held back is part of the next configuration, of which nothing is known yet.
  let isTrying = false;
  return {
    view: viewOf,
    refused({ blames, ...refused }) {
      const changed = new Map(changedItems(good, refused.inputs).map((item) => [idOf(item), item]));
      const touched = new Set<string>();
      const trial = { ...options, ...refused, entries, good, changed, doubted, touched };
      let acted = false;
      const done = new Set<string>();
      for (const blame of blames) {
        const fresh = blame.ingresses.filter((key) => !done.has(key));
        for (const key of fresh) done.add(key);
        // Where nobody is named, what comes next is another configuration already.
        const isOver = fresh.length === 0 && (blame.ingresses.length > 0 || acted);
        if (!isOver) acted = accuse(trial, { ...blame, ingresses: fresh }) || acted;
      }
      if (touched.size > 0) accused = touched;
      return acted ? 'acted' : 'helpless';
    },
    proven(inputs) {
      good = inputs;
      for (const [id, entry] of entries) {
        // It has gone, and only what came after that has helped: perhaps it is not at fault.
        const isDoubtful = entry.by === 'left-over' && !entry.served && !accused.has(id);
        entries.set(id, { ...entry, served: true, status: isDoubtful ? 'held' : entry.status });
      }
      const held = [...entries.values()].filter(({ status }) => status === 'held');
      for (const { item } of held.slice(0, Math.ceil(held.length / 2))) entries.delete(idOf(item));
      isTrying = held.length > 0;
      if (!isTrying) doubted.clear();
      return isTrying;
    },
    searching: () => isTrying || [...entries.values()].some(({ status }) => status === 'held'),
    list: () =>
      [...entries.values()].flatMap(({ item, message, standIn, since, status, condemned, context }) => {
        const object = typeof condemned === 'string' ? (context.configMap ?? null) : condemned;
        return status === 'guilty' ? [{ item, object, message, standIn, since }] : [];
      }),
  };
}
