import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from './layout.ts';

/** Makes the folders that nginx and the check write to. @throws with the path when one cannot be made. */
export async function prepareFolders(layout: Layout): Promise<void> {
  await mkdir(layout.runDir, { recursive: true, mode: 0o700 });
  const { passthrough } = layout;
  for (const folder of [layout.dataDir, layout.checkDir, passthrough.folder, ...Object.values(layout.temp)]) {
    await mkdir(folder, { recursive: true });
  }
  // Of a controller that was killed.
  for (const left of [layout.quarantine, `${layout.quarantine}.new`, ...(await contentOf(layout.checkDir))])
    await rm(left, { force: true, recursive: true });
  const probe = await open(`${layout.config}.probe`, 'w');
  await probe.close();
  await rm(`${layout.config}.probe`);
}

async function contentOf(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).map((name) => join(folder, name));
}
