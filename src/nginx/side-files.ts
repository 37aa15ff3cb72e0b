/** Files that nginx reads besides its configuration: keys, authorities, lists of revoked certificates. */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model, SideFile } from '../model/model.ts';
import type { Layout } from './layout.ts';

/** Empty without a file. */
export function sidePath({ sideFiles }: Pick<Layout, 'sideFiles'>, file: SideFile | null): string {
  return file === null ? '' : join(sideFiles, file.name);
}

export function sideFilesOf({ http }: Pick<Model, 'http'>): readonly SideFile[] {
  const { ticketKey, dhParam } = http.tls;
  return [ticketKey, dhParam].filter((file) => file !== null);
}

/** Writes what is not there yet; a name stands for one content only. */
export async function writeSideFiles(folder: string, files: readonly SideFile[]): Promise<void> {
  if (files.length === 0) return;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const present = new Set(await readdir(folder));
  for (const { name, content } of new Map(files.map((file) => [file.name, file])).values()) {
    if (present.has(name)) continue;
    const path = join(folder, name);
    await writeFile(`${path}.new`, content, { mode: 0o600, flush: true });
    await rename(`${path}.new`, path);
  }
}

/** Removes what no generation needs any more (cures W-47). */
export async function removeUnusedSideFiles(folder: string, used: readonly SideFile[]): Promise<void> {
  const names = new Set(used.map(({ name }) => name));
  const present = await readdir(folder).catch((): readonly string[] => []);
  for (const name of present) {
    if (!names.has(name)) await rm(join(folder, name), { force: true });
  }
}
