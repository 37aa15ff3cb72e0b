/** What workers that run as another user can reach. */
import { chmod, cp, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Whether everybody may enter a folder and all folders above it. */
export async function isEnterable(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  if ((mode & 0o001) === 0) return false;
  const parent = dirname(folder);
  return parent === folder || isEnterable(parent);
}

export interface WorkerAccess {
  /** Folder of the Lua files that the workers can read. */
  readonly luaDir: string;
  /** User of the workers, or null for that of the master. */
  readonly user: string | null;
  /** What the operator should know; null when all is as usual. */
  readonly warning: string | null;
}

/**
 * Workers of a master that runs as root have another user, who cannot enter root's home, where a checkout or a data folder may
 * lie. Lua files are copied to the data folder then; when that is closed, too, the workers stay root.
 */
export async function arrangeAccess(wanted: {
  readonly luaDir: string;
  readonly dataDir: string;
  readonly user: string | null;
}): Promise<WorkerAccess> {
  const { luaDir, dataDir, user } = wanted;
  if (user === null) return { luaDir, user, warning: null };
  if (!(await isEnterable(dataDir))) {
    const warning = `user ${user} cannot enter ${dataDir}, so the nginx workers run as root; choose another --data-dir`;
    return { luaDir, user: 'root', warning };
  }
  if (await isEnterable(luaDir)) return { luaDir, user, warning: null };
  const copy = join(dataDir, 'lua');
  await cp(luaDir, copy, { recursive: true });
  await chmod(copy, 0o755);
  return { luaDir: copy, user, warning: null };
}
