import { type Stats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Fault } from './placed.ts';

/** One path that the user gave. */
export interface Root {
  /** As the user wrote it; messages use it. */
  readonly given: string;
  /** Absolute and without symbolic links. */
  readonly real: string;
  readonly type: 'folder' | 'file';
}

/** A file with manifests, as found on disk. */
export interface Found {
  /** Begins with what the user gave. */
  readonly path: string;
  readonly root: Root;
  /** The same for two paths to one file. */
  readonly id: string;
  /** Differs when the file was written or replaced, unless both happened within one tick of the file system's clock. */
  readonly stamp: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

export interface Walked {
  /** In path order, each file once. */
  readonly found: readonly Found[];
  readonly missing: readonly Root[];
  /** Folders (as paths) that could not be listed. */
  readonly unreadable: readonly string[];
  readonly faults: readonly Fault[];
  /** Real paths behind symbolic links, which notices about the roots do not cover. */
  readonly elsewhere: readonly string[];
  /** Whether some file is reached by more than one path. */
  readonly aliased: boolean;
}

/** Names with a dot in front are not manifests: `..data` and its like, `.git`, swap and lock files of editors. */
export function isHidden(name: string): boolean {
  return name.startsWith('.');
}

export function isManifestName(name: string): boolean {
  return !isHidden(name) && /\.(?:ya?ml|json)$/i.test(name);
}

/** Whether `path` is `folder` or lies in it. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** Looks up what the user gave. Throws an error that names the path when it does not exist or cannot be read. */
export async function findRoots(given: readonly string[]): Promise<readonly Root[]> {
  const roots: Root[] = [];
  for (const path of given) {
    try {
      const stats = await stat(path);
      // The links of a single file stay unresolved: the folder in which it is replaced is what has to be watched.
      const real = stats.isDirectory()
        ? await realpath(path)
        : join(await realpath(dirname(resolve(path))), basename(path));
      roots.push({ given: path, real, type: stats.isDirectory() ? 'folder' : 'file' });
    } catch (error) {
      throw new Error(
        `--manifests: ${path} ${failure(error)}; give a folder with YAML or JSON files, or one such file`,
        { cause: error },
      );
    }
  }
  return roots;
}

/** Why a path could not be read, as the end of a sentence. */
export function failure(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  return `cannot be read (${error instanceof Error ? error.message : String(error)})`;
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

export function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error));
}

/** Everything that is collected on the way. */
interface Walk {
  readonly roots: readonly Root[];
  readonly found: Found[];
  readonly ids: Set<string>;
  readonly folders: Set<string>;
  readonly missing: Root[];
  readonly unreadable: string[];
  readonly faults: Fault[];
  readonly elsewhere: Set<string>;
  aliased: boolean;
}

/** Finds all manifests below the roots. Folders are searched to any depth and symbolic links are followed, each target once. */
export async function walk(roots: readonly Root[]): Promise<Walked> {
  const state: Walk = {
    roots,
    found: [],
    ids: new Set(),
    folders: new Set(),
    missing: [],
    unreadable: [],
    faults: [],
    elsewhere: new Set(),
    aliased: false,
  };
  for (const root of roots) await walkRoot(state, root);
  return { ...state, found: state.found.toSorted(comparePlaces(roots)), elsewhere: [...state.elsewhere] };
}

async function walkRoot(state: Walk, root: Root): Promise<void> {
  try {
    const stats = await stat(root.given);
    if (stats.isDirectory()) {
      await walkFolder(state, root, root.given);
    } else {
      if ((await lstat(root.given)).isSymbolicLink()) await noteLink(state, root.given);
      addFile(state, describe(root.given, root, stats));
    }
  } catch (error) {
    if (!isGone(error)) unreadable(state, root.given, error);
    else if (root.type === 'folder') state.missing.push(root);
  }
}

async function walkFolder(state: Walk, root: Root, folder: string): Promise<void> {
  const { dev, ino } = await stat(folder);
  const id = `${dev}:${ino}`;
  if (state.folders.has(id)) {
    state.aliased = true;
    return;
  }
  state.folders.add(id);
  const entries = await readdir(folder, { withFileTypes: true });
  const wanted = entries
    .filter((entry) => !isHidden(entry.name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const batch of batches(wanted, 64)) {
    const looked = await Promise.all(batch.map((entry) => look(state, join(folder, entry.name), entry)));
    // One after the other from here on, so that the order does not depend on the speed of the disk.
    for (const entry of looked) {
      if (entry?.stats.isDirectory() === true) await walkSub(state, root, entry.path);
      else if (entry !== undefined && isManifestName(basename(entry.path)))
        addFile(state, describe(entry.path, root, entry.stats));
    }
  }
}

async function walkSub(state: Walk, root: Root, folder: string): Promise<void> {
  try {
    await walkFolder(state, root, folder);
  } catch (error) {
    if (!isGone(error)) unreadable(state, folder, error);
  }
}

interface Entry {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** Undefined for what is neither a folder nor a manifest, and for links that lead nowhere (editors lock files with such). */
async function look(
  state: Walk,
  path: string,
  entry: Entry,
): Promise<{ readonly path: string; readonly stats: Stats } | undefined> {
  if (entry.isFile() && !isManifestName(entry.name)) return undefined;
  try {
    const stats = await stat(path);
    if (entry.isSymbolicLink() && (stats.isDirectory() || isManifestName(entry.name)))
      await noteLink(state, path);
    return stats.isDirectory() || stats.isFile() ? { path, stats } : undefined;
  } catch (error) {
    if (!isGone(error)) unreadable(state, path, error);
    return undefined;
  }
}

/** Remembers the target of a link, unless it is in view anyway or belongs to a mounted ConfigMap, which changes by `..data`. */
async function noteLink(state: Walk, path: string): Promise<void> {
  const real = await realpath(path);
  const root = state.roots.find((candidate) => candidate.type === 'folder' && isInside(candidate.real, real));
  const names = root === undefined ? [] : relative(root.real, real).split(sep);
  const parent = basename(dirname(real));
  if (
    root === undefined
      ? !parent.startsWith('..')
      : names.some(isHidden) && !names.some((name) => name.startsWith('..'))
  ) {
    state.elsewhere.add(real);
  }
}

function addFile(state: Walk, file: Found): void {
  if (state.ids.has(file.id)) {
    state.aliased = true;
    return;
  }
  state.ids.add(file.id);
  state.found.push(file);
}

function unreadable(state: Walk, path: string, error: unknown): void {
  state.unreadable.push(path);
  state.faults.push({
    file: path,
    line: 0,
    code: 'unreadable',
    reason: `${failure(error)}; what was read from it before stays in force`,
  });
}

export function describe(path: string, root: Root, stats: Stats): Found {
  const { dev, ino, size, mtimeMs, ctimeMs } = stats;
  return {
    path,
    root,
    id: `${dev}:${ino}`,
    stamp: [dev, ino, size, mtimeMs, ctimeMs].join(':'),
    // The change time also moves when a file with an old modification time is put in place of another.
    modified: Math.max(mtimeMs, ctimeMs),
  };
}

/** Path order: first the order in which the roots were given, then that of the characters of the path. */
export function comparePlaces(roots: readonly Root[]): (a: Found, b: Found) => number {
  return (a, b) =>
    roots.indexOf(a.root) - roots.indexOf(b.root) || Number(a.path > b.path) - Number(a.path < b.path);
}

/** Slices of a list, for work that should not be started all at once. */
export function* batches<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
