/** The snapshot as it is without what is in quarantine. Lists and maps keep their identity while nothing in them is replaced anew. */
import { chunksOf, createJoin } from '../lib/chunks.ts';
import type { Chunk } from '../lib/chunks.ts';
import { memoizeLast } from '../lib/memo.ts';
import type { ConfigMap, Ingress, ObjectKey, Secret } from '../source/objects.ts';
import { confine } from './confine.ts';
import type { Snapshot } from './snapshot.ts';

/** What can be at fault. `setting`: a key of the controller's ConfigMap. */
export type Item =
  | { readonly kind: 'Ingress'; readonly key: ObjectKey }
  | { readonly kind: 'Secret'; readonly key: ObjectKey }
  | { readonly kind: 'setting'; readonly key: string };

/** `last-good`: what it was when it served. `confined`: its paths answer 503. `left-out`: as if it did not exist. */
export type StandIn = 'last-good' | 'confined' | 'left-out';

export interface Entry {
  readonly item: Item;
  /** `held`: perhaps at fault, perhaps not. */
  readonly status: 'guilty' | 'held';
  /** `left-over`: nginx named nobody, and nobody else was left. */
  readonly by: 'name' | 'left-over';
  readonly message: string;
  /** What nginx refused: the object, or the value of a setting. Another one is tried. */
  readonly condemned: Ingress | Secret | string | null;
  readonly lastGood: Ingress | Secret | string | null;
  readonly standIn: StandIn;
  /** Whether what took its place has served, so that it is at fault for nothing that is refused later. */
  readonly served: boolean;
  readonly since: string;
  /** What it may refer to, as it was; when any of it changes, it is tried again. */
  readonly context: Context;
}

export interface Context {
  readonly configMap: ConfigMap | undefined;
  readonly secrets: ReadonlyMap<ObjectKey, Secret | undefined>;
}

export interface ViewOptions {
  readonly annotationsPrefix: string;
  readonly configMap: ObjectKey;
}

export function idOf({ kind, key }: Item): string {
  return `${kind} ${key}`;
}

/** @param entries read at each call; those whose reason is gone are removed. */
export function createQuarantineView(
  options: ViewOptions,
  entries: Map<string, Entry>,
): (snapshot: Snapshot) => Snapshot {
  const ingressesOf = createIngressView(options.annotationsPrefix);
  const secretsOf = memoizeLast(viewOfSecrets, (secrets, replaced) => [secrets, ...replaced]);
  const configMapsOf = memoizeLast(viewOfConfigMaps, ({ configMaps }, _key, replaced) => [
    configMaps,
    ...replaced,
  ]);

  return (snapshot) => {
    dropOutdated(snapshot, { entries, options });
    if (entries.size === 0) return snapshot;
    const all = [...entries.values()];
    const only = (kind: Item['kind']) => all.filter(({ item }) => item.kind === kind);
    return Object.freeze({
      ...snapshot,
      ingresses: ingressesOf(snapshot.ingresses, only('Ingress')),
      secrets: secretsOf(snapshot.secrets, only('Secret')),
      configMaps: configMapsOf(snapshot, options.configMap, only('setting')),
    });
  };
}

interface Holding {
  readonly entries: Map<string, Entry>;
  readonly options: ViewOptions;
}

function dropOutdated(snapshot: Snapshot, { entries, options }: Holding): void {
  const ingresses = new Set<unknown>(
    [...entries.values()].some(({ item }) => item.kind === 'Ingress') ? snapshot.ingresses : [],
  );
  const configMap = snapshot.configMaps.get(options.configMap);
  const isSame = ({ context }: Entry) =>
    context.configMap === configMap &&
    Array.from(context.secrets).every(([key, secret]) => snapshot.secrets.get(key) === secret);
  const isThere = ({ item, condemned }: Entry) => {
    switch (item.kind) {
      case 'Ingress':
        return ingresses.has(condemned);
      case 'Secret':
        return snapshot.secrets.get(item.key) === condemned;
      case 'setting':
        return (configMap?.data?.[item.key] ?? null) === condemned;
    }
  };
  for (const [id, entry] of entries) if (!isThere(entry) || !isSame(entry)) entries.delete(id);
}

function createIngressView(prefix: string) {
  const join = createJoin<Ingress>();
  const confined = new WeakMap<Ingress, Ingress>();
  const confineOnce = (ingress: Ingress): Ingress => {
    const known = confined.get(ingress) ?? confine(ingress, prefix);
    confined.set(ingress, known);
    return known;
  };
  const replaceOf = memoizeLast(
    (entries: readonly Entry[]) => createReplacing(entries, confineOnce),
    (entries) => entries,
  );
  return (ingresses: readonly Ingress[], entries: readonly Entry[]): readonly Ingress[] =>
    entries.length === 0 ? ingresses : join(chunksOf(ingresses).map(replaceOf(entries)));
}

/** A chunk in which nothing is replaced stays as it is. */
function createReplacing(entries: readonly Entry[], confineOnce: (ingress: Ingress) => Ingress) {
  const standIns = new Map<unknown, Ingress | null>();
  for (const entry of entries) standIns.set(entry.condemned, standInOf(entry, confineOnce));
  const known = new WeakMap<Chunk<Ingress>, Chunk<Ingress>>();
  return (chunk: Chunk<Ingress>): Chunk<Ingress> => {
    const before = known.get(chunk);
    if (before !== undefined) return before;
    const after = chunk.some((ingress) => standIns.has(ingress))
      ? chunk.flatMap((ingress) => standIns.get(ingress) ?? (standIns.has(ingress) ? [] : [ingress]))
      : chunk;
    known.set(chunk, after);
    return after;
  };
}

function standInOf(
  { standIn, condemned, lastGood }: Entry,
  confineOnce: (ingress: Ingress) => Ingress,
): Ingress | null {
  if (standIn === 'left-out') return null;
  return standIn === 'last-good' ? (lastGood as Ingress) : confineOnce(condemned as Ingress);
}

function viewOfSecrets(secrets: Snapshot['secrets'], entries: readonly Entry[]): Snapshot['secrets'] {
  if (entries.length === 0) return secrets;
  const view = new Map(secrets);
  for (const { item, standIn, lastGood } of entries) {
    if (standIn === 'last-good') view.set(item.key, lastGood as Secret);
    else view.delete(item.key);
  }
  return view;
}

function viewOfConfigMaps(
  { configMaps }: Snapshot,
  key: ObjectKey,
  entries: readonly Entry[],
): Snapshot['configMaps'] {
  const configMap = configMaps.get(key);
  if (entries.length === 0 || configMap === undefined) return configMaps;
  const data = { ...configMap.data };
  for (const { item, standIn, lastGood } of entries) {
    if (standIn === 'last-good') data[item.key] = lastGood as string;
    else delete data[item.key];
  }
  const view: ConfigMap = Object.freeze({ ...configMap, data: Object.freeze(data) });
  return new Map(configMaps).set(key, view);
}
