/** A folder that people put files into. */
import { mkdir } from 'node:fs/promises';
import { watch } from 'chokidar';

export interface FollowedFolder {
  readonly folder: string;
  /** Called at the start, and a moment after changes; never twice at a time. */
  readonly look: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

export interface Following {
  stop(): Promise<void>;
}

/** Milliseconds for several files of one change. */
const QUIET = 200;

/** Resolves after the first look. */
export async function followFolder({ folder, look, onError }: FollowedFolder): Promise<Following> {
  // A folder that comes later would not be followed; where none can be made, none will come.
  await mkdir(folder, { recursive: true }).catch(() => undefined);
  await look();
  let timer: NodeJS.Timeout | null = null;
  let looking = Promise.resolve();
  // A mounted ConfigMap is replaced by moving its link `..data`.
  const watcher = watch(folder, { ignoreInitial: true, followSymlinks: false, depth: 0 });
  watcher.on('error', onError);
  watcher.on('all', () => {
    timer ??= setTimeout(() => {
      timer = null;
      looking = looking.then(look);
    }, QUIET);
  });
  return {
    async stop() {
      if (timer !== null) clearTimeout(timer);
      await watcher.close();
      await looking;
    },
  };
}
