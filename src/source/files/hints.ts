import { basename, dirname, join, relative, sep } from 'node:path';
import { watch } from 'chokidar';
import { isHidden, isInside, isManifestName, type Root } from './walk.ts';

/** That something has changed: at this path (as the user would write it), or anywhere when the path is undefined. */
export type Hint = (path: string | undefined) => void;

export interface Hints {
  /** Also watches these real paths, from now on. */
  follow(paths: readonly string[]): void;
  stop(): Promise<void>;
}

interface Handlers {
  readonly hint: Hint;
  readonly failed: (error: unknown) => void;
}

/**
 * Watches the folders of the roots. Hints say where to look, not what happened: they may come late, twice, or for nothing, and
 * each must be answered by a look at the disk. Resolves when everything is watched.
 *
 * Links are not followed: a mounted ConfigMap is replaced by moving its link `..data`, of which nothing is seen through the links
 * to its files.
 */
export async function watchRoots(roots: readonly Root[], { hint, failed }: Handlers): Promise<Hints> {
  const followed = new Set<string>();
  const tops = roots.map((root) => (root.type === 'folder' ? root.real : dirname(root.real)));
  const watcher = watch([...new Set(tops)], {
    ignoreInitial: true,
    followSymlinks: false,
    // Waiting for files that come back would delay every removal.
    atomic: false,
    ignored: (path) => !isWatched(roots, followed, path),
  });
  const tell = (path: string): void => {
    const place = placeOf(roots, path);
    if (place !== 'nowhere') hint(place === 'everywhere' ? undefined : place.path);
  };
  watcher.on('error', failed);
  watcher.on('all', (_event, path) => tell(path));
  // Repeated changes of one file are told late by the event above; the raw notices of the system come at once.
  watcher.on('raw', (_event, name, details) => {
    const watched = watchedPath(details);
    if (watched === undefined) hint(undefined);
    else tell(name && basename(watched) !== name ? join(watched, name) : watched);
  });
  await new Promise<void>((resolve) => void watcher.once('ready', resolve));
  return {
    follow: (paths) => {
      const added = paths.filter((path) => !followed.has(path));
      for (const path of added) followed.add(path);
      if (added.length > 0) watcher.add(added);
    },
    stop: async () => watcher.close().catch(failed),
  };
}

function watchedPath(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return undefined;
  return typeof details.watchedPath === 'string' ? details.watchedPath : undefined;
}

const swapped = '..data';

function isWatched(roots: readonly Root[], followed: ReadonlySet<string>, path: string): boolean {
  if (followed.has(path)) return true;
  const name = basename(path);
  for (const root of roots) {
    if (root.type === 'file') {
      const folder = dirname(root.real);
      if (path === root.real || path === folder || path === join(folder, swapped)) return true;
    } else if (path === root.real || (isInside(root.real, path) && (!isHidden(name) || name === swapped))) {
      return true;
    }
  }
  return !isHidden(name) && [...followed].some((top) => isInside(top, path));
}

/**
 * Where the user would say that it happened, for plain manifests below a root. `everywhere` when more may be affected, `nowhere`
 * for the temporary files of editors.
 */
function placeOf(roots: readonly Root[], path: string): { readonly path: string } | 'everywhere' | 'nowhere' {
  const name = basename(path);
  if (isHidden(name) && name !== swapped && !roots.some((root) => root.real === path)) return 'nowhere';
  for (const root of roots) {
    if (root.type === 'file' && path === root.real) return { path: root.given };
    if (root.type === 'file' || !isManifestName(name) || !isInside(root.real, path)) continue;
    const way = relative(root.real, path);
    // A file in a hidden folder is watched only because some link leads to it.
    return way.split(sep).some(isHidden) ? 'everywhere' : { path: join(root.given, way) };
  }
  return 'everywhere';
}
