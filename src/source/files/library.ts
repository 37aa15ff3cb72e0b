import { createHash } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import type { LogFields } from '../../lib/log.ts';
import { type Contribution, settle } from './merge.ts';
import { type Parsed, parseManifests } from './parse.ts';
import type { Fault, Origin, Place } from './placed.ts';
import {
  batches,
  comparePlaces,
  describe,
  failure,
  type Found,
  isGone,
  isInside,
  type Root,
  walk,
} from './walk.ts';

/** A file as it was last read, and what of it is in force. */
interface Known {
  readonly found: Found;
  /** Whether an unchanged stamp proves unchanged content. */
  readonly sure: boolean;
  readonly digest: string;
  readonly contribution: Contribution;
  /** When the file was first seen without content while what it said before is still in force; milliseconds, monotonic. */
  readonly emptySince?: number;
}

/** Everything that was read. A new value is made for each reading; nothing in it changes. */
export interface Library {
  readonly roots: readonly Root[];
  /** In path order. */
  readonly files: ReadonlyMap<string, Known>;
  readonly faults: readonly Fault[];
  readonly elsewhere: readonly string[];
  readonly aliased: boolean;
  readonly missing: readonly Root[];
  /** Roots that seem to have lost all files, with the time at which that was first seen. */
  readonly emptied: ReadonlyMap<Root, number>;
  /** Milliseconds after which to read again because something was too odd to be believed at once. */
  readonly again: number | undefined;
}

export function emptyLibrary(roots: readonly Root[]): Library {
  return {
    roots,
    files: new Map(),
    faults: [],
    elsewhere: [],
    aliased: false,
    missing: [],
    emptied: new Map(),
    again: undefined,
  };
}

export type Debug = (message: string, fields: LogFields) => void;

/** A file without content, or a folder without files, is believed when it is still so after this many milliseconds. */
const doubt = 100;
/** How often a folder that is gone is looked for, in milliseconds. */
const search = 1000;
/** Milliseconds around a modification within which a second one may leave the same stamp. */
const clockTick = 50;

/** Looks at every file and reads those that changed. */
export async function readAll(before: Library, debug: Debug): Promise<Library> {
  const walked = await walk(before.roots);
  const files = new Map<string, Known>();
  const faults = [...walked.faults, ...walked.missing.map(goneFault)];
  for (const batch of batches(walked.found, 32)) {
    const read = await Promise.all(
      batch.map((found) => readFound(found, before.files.get(found.path), debug)),
    );
    for (const known of read) if (known !== undefined) files.set(known.found.path, known);
  }
  const emptied = emptiedRoots(before, files, walked.missing);
  const held = [...before.files.values()].filter(
    ({ found }) =>
      walked.missing.includes(found.root) ||
      emptied.has(found.root) ||
      walked.unreadable.some((path) => isInside(path, found.path)),
  );
  for (const known of held) if (!files.has(known.found.path)) files.set(known.found.path, known);
  const { roots } = before;
  const { elsewhere, aliased, missing } = walked;
  return finish({
    roots,
    files: inOrder(roots, files),
    faults,
    elsewhere,
    aliased,
    missing,
    emptied,
    again: undefined,
  });
}

/**
 * Reads only the files at these paths, which is far cheaper in large folders. Undefined when that cannot be right because more has
 * changed than plain files, and `readAll` is needed.
 */
export async function readSome(
  before: Library,
  paths: Iterable<string>,
  debug: Debug,
): Promise<Library | undefined> {
  if (before.aliased || before.missing.length > 0 || before.emptied.size > 0) return undefined;
  const looked = await Promise.all([...paths].map((path) => lookAgain(before, path)));
  if (looked.includes('unclear')) return undefined;
  const files = new Map(before.files);
  const present: Found[] = [];
  for (const entry of looked) {
    if (entry === 'unclear') continue;
    if (typeof entry === 'string') files.delete(entry);
    else present.push(entry);
  }
  const ids = new Map([...files.values()].map(({ found }) => [found.id, found.path]));
  if (present.some(({ id, path }) => (ids.get(id) ?? path) !== path)) return undefined;
  for (const found of present) {
    const known = await readFound(found, before.files.get(found.path), debug);
    if (known === undefined) files.delete(found.path);
    else files.set(found.path, known);
  }
  if (emptiedRoots(before, files, []).size > 0) return undefined;
  const added = present.some(({ path }) => !before.files.has(path));
  return finish({ ...before, files: added ? inOrder(before.roots, files) : files });
}

/** A file; the path of one that is gone; or `unclear` when it is something else or at a place that is not understood. */
async function lookAgain(before: Library, path: string): Promise<Found | string> {
  const root = before.roots.find((candidate) => candidate.given === path || isInside(candidate.given, path));
  if (root === undefined) return 'unclear';
  try {
    const stats = await lstat(path);
    return stats.isFile() ? describe(path, root, stats) : 'unclear';
  } catch (error) {
    return isGone(error) && before.files.has(path) ? path : 'unclear';
  }
}

/** Undefined when the file is gone. */
async function readFound(found: Found, old: Known | undefined, debug: Debug): Promise<Known | undefined> {
  if (old !== undefined && old.sure && old.found.stamp === found.stamp) return old;
  const sure = found.modified < Date.now() - clockTick;
  let bytes: Buffer;
  try {
    bytes = await readFile(found.path);
  } catch (error) {
    if (isGone(error)) return undefined;
    const reason = `${failure(error)}; what was read from it before stays in force`;
    const fault: Fault = { file: found.path, line: 0, code: 'unreadable', reason };
    return {
      found,
      sure: false,
      digest: '',
      contribution: { objects: old?.contribution.objects ?? [], faults: [fault] },
    };
  }
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (old?.digest === digest) return { found, sure, digest, contribution: old.contribution };
  if (bytes.length === 0 && old !== undefined && old.contribution.objects.length > 0) {
    // Editors that truncate before they write leave such a file for a moment.
    const emptySince = old.emptySince ?? performance.now();
    if (performance.now() - emptySince < doubt) return { ...old, found, sure: false, emptySince };
  }
  const parsed = parseBytes(bytes, found.path);
  if (parsed.skipped.length > 0)
    debug('manifest has objects that are not used', { file: found.path, kinds: parsed.skipped });
  return { found, sure, digest, contribution: settle(old?.contribution, withoutPositions(parsed)) };
}

/** Text that is not UTF-8 is a fault, like text that is not YAML. */
export function parseBytes(bytes: Uint8Array, file: string): Parsed<Origin> {
  try {
    return parseManifests(new TextDecoder('utf-8', { fatal: true }).decode(bytes), file);
  } catch {
    const fault: Fault = { file, line: 0, code: 'text', reason: 'this is not UTF-8 text; save it as UTF-8' };
    return { objects: [], faults: [fault], broken: true, bad: new Set(), nameless: false, skipped: [] };
  }
}

/** What finds lines holds the whole syntax tree, which a watcher has no use for. */
function withoutPositions(parsed: Parsed<Origin>): Parsed {
  const objects = parsed.objects.map(({ object, origin, source }) => {
    const place: Place = { file: origin.file, line: origin.line };
    return { object, origin: place, source };
  });
  return { ...parsed, objects };
}

/** Roots that had objects, still exist, and now have no file at all; until that has lasted for a while. */
function emptiedRoots(
  before: Library,
  files: ReadonlyMap<string, Known>,
  missing: readonly Root[],
): ReadonlyMap<Root, number> {
  const now = performance.now();
  const left = new Set([...files.values()].map(({ found }) => found.root));
  const had = new Set([...before.files.values()].map(({ found }) => found.root));
  const suspects = before.roots.filter((root) => had.has(root) && !left.has(root) && !missing.includes(root));
  const times = suspects.map((root) => [root, before.emptied.get(root) ?? now] as const);
  return new Map(times.filter(([, since]) => now - since < doubt));
}

function inOrder(roots: readonly Root[], files: ReadonlyMap<string, Known>): ReadonlyMap<string, Known> {
  const compare = comparePlaces(roots);
  return new Map([...files].toSorted(([, a], [, b]) => compare(a.found, b.found)));
}

function goneFault(root: Root): Fault {
  return {
    file: root.given,
    line: 0,
    code: 'unreadable',
    reason: 'the folder is gone; what was read from it stays in force until it is back',
  };
}

function finish(library: Library): Library {
  const now = performance.now();
  const empty = [...library.files.values()].flatMap(({ emptySince }) => emptySince ?? []);
  const doubts = [...empty, ...library.emptied.values()].map((since) => Math.max(1, since + doubt - now));
  const waits = [...doubts, ...(library.missing.length > 0 ? [search] : [])];
  return { ...library, again: waits.length === 0 ? undefined : Math.min(...waits) };
}
