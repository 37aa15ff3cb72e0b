import { keyOf } from '../../lib/keys.ts';
import type { Kind, KubeObject, ObjectKey } from '../objects.ts';
import type { Parsed } from './parse.ts';
import type { Fault, Place, Placed } from './placed.ts';

/** What one file contributes, with what is still in force from earlier versions of it. */
export interface Contribution<P extends Place = Place> {
  readonly objects: readonly Placed<P>[];
  readonly faults: readonly Fault[];
}

/**
 * What a file contributes after it was read again. Whatever cannot be used leaves in force what it said before: everything when
 * the text is broken, one object when only that is bad, and all that is no longer found when something has lost its name.
 */
export function settle<P extends Place>(
  before: Contribution<P> | undefined,
  now: Parsed<P>,
): Contribution<P> {
  const previous = before?.objects ?? [];
  if (now.broken) return { objects: previous, faults: now.faults };
  const good = new Set(now.objects.map(({ source }) => source));
  const kept = previous.filter(({ source }) => !good.has(source) && (now.nameless || now.bad.has(source)));
  return { objects: [...now.objects, ...kept], faults: now.faults };
}

/** Objects by kind and key. */
export type Winners<P extends Place = Place> = ReadonlyMap<Kind, ReadonlyMap<ObjectKey, Placed<P>>>;

export interface Merged<P extends Place = Place> {
  readonly winners: Winners<P>;
  readonly faults: readonly Fault[];
}

/** All files together, in path order: where two define the same object, the first one counts and the other is a fault. */
export function merge<P extends Place>(files: Iterable<Contribution<P>>): Merged<P> {
  const winners = new Map<Kind, Map<ObjectKey, Placed<P>>>();
  const faults: Fault[] = [];
  for (const file of files) {
    faults.push(...file.faults);
    for (const placed of file.objects) {
      const { kind, metadata } = placed.object;
      const ofKind = winners.get(kind) ?? new Map<ObjectKey, Placed<P>>();
      winners.set(kind, ofKind);
      const first = ofKind.get(keyOf(metadata));
      if (first === undefined) ofKind.set(keyOf(metadata), placed);
      else faults.push(duplicate(placed, first));
    }
  }
  return { winners, faults };
}

function duplicate({ object, origin }: Placed, first: Placed): Fault {
  const name = `${object.kind} ${keyOf(object.metadata)}`;
  const where = first.origin.file === origin.file ? 'further up in this file' : `in ${first.origin.file}`;
  return {
    file: origin.file,
    line: origin.line,
    code: 'duplicate',
    reason: `${name} is already defined ${where}, and that definition is used; delete or rename one of the two`,
  };
}

/** What makes two faults the same in the eyes of the user: a duplicate stays the same when it moves to another line. */
export function identityOf(fault: Fault): string {
  const line = fault.code === 'duplicate' ? '' : String(fault.line);
  return [fault.code, fault.file, line, fault.reason].join('\n');
}

export interface Difference {
  readonly put: readonly KubeObject[];
  readonly removed: readonly { readonly kind: Kind; readonly key: ObjectKey }[];
}

/** Objects as they were given away last. */
export type Given = ReadonlyMap<Kind, ReadonlyMap<ObjectKey, KubeObject>>;

/** What to tell about the way from `given` to `winners`; objects with the same content are not told. */
export function difference(given: Given, winners: Winners): Difference {
  const put: KubeObject[] = [];
  const removed: { readonly kind: Kind; readonly key: ObjectKey }[] = [];
  for (const [kind, ofKind] of winners) {
    for (const [key, { object }] of ofKind) {
      const old = given.get(kind)?.get(key);
      if (old?.metadata.resourceVersion !== object.metadata.resourceVersion) put.push(object);
    }
  }
  for (const [kind, ofKind] of given) {
    for (const key of ofKind.keys()) {
      if (winners.get(kind)?.has(key) !== true) removed.push({ kind, key });
    }
  }
  return { put, removed };
}
