/** Files that nginx reads besides its configuration: keys, authorities, lists of revoked certificates. */
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HttpTls, Server, SideFile } from '../model/model.ts';
import { MARK } from '../text/pem.ts';
import type { Layout } from './layout.ts';

type Folders = Pick<Layout, 'sideFiles' | 'secretFiles'>;

function folderOf({ sideFiles, secretFiles }: Folders, { folder }: SideFile): string {
  return folder === 'content' ? sideFiles : secretFiles;
}

/** Empty without a file. */
export function sidePath(folders: Folders, file: SideFile | null): string {
  return file === null ? '' : join(folderOf(folders, file), file.name);
}

/** Of servers. */
export function filesOfServers(servers: readonly Server[]): readonly SideFile[] {
  return servers.flatMap(({ tls, backendTls, locations }) => {
    const own = new Set(
      locations.map((location) => (location.tls?.kind === 'own' ? location.tls.settings.file : null)),
    );
    return [tls?.clients?.authority, tls?.clients?.revoked, backendTls?.file, ...own].filter(isFile);
  });
}

/** Those that all servers share. */
export function sharedFiles({ ticketKey, dhParam }: HttpTls): readonly SideFile[] {
  return [ticketKey, dhParam].filter(isFile);
}

function isFile(file: SideFile | null | undefined): file is SideFile {
  return file !== null && file !== undefined;
}

/** Writes what is not there yet. */
export async function writeSideFiles(folders: Folders, files: readonly SideFile[]): Promise<void> {
  if (files.length === 0) return;
  await mkdir(folders.sideFiles, { recursive: true, mode: 0o700 });
  for (const [path, file] of byPath(folders, files)) {
    if (await isThere(path, file)) continue;
    await writeFile(`${path}.new`, file.content, { mode: 0o600, flush: true });
    await rename(`${path}.new`, path);
  }
}

function byPath(folders: Folders, files: readonly SideFile[]): ReadonlyMap<string, SideFile> {
  return new Map(files.map((file) => [sidePath(folders, file), file]));
}

async function isThere(path: string, { folder, content }: SideFile): Promise<boolean> {
  const present = await readFile(path).catch(() => null);
  return present !== null && (folder === 'content' || present.equals(content));
}

/** Removes what no generation needs any more (cures W-47), and nothing that somebody else has put there. */
export async function removeUnusedSideFiles(layout: Layout, used: readonly SideFile[]): Promise<void> {
  const kept = new Set(byPath(layout, used).keys());
  for (const path of [...(await filesIn(layout.sideFiles)), ...(await secretFilesIn(layout.secretFiles))]) {
    if (!kept.has(path)) await rm(path, { force: true });
  }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.flatMap((entry) => (entry.isFile() ? [join(folder, entry.name)] : []));
}

async function secretFilesIn(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of await filesIn(folder)) {
    const content = await readFile(path, 'latin1').catch(() => '');
    if (content.startsWith(MARK)) found.push(path);
  }
  return found;
}
