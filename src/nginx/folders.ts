import { mkdir, open, rm } from 'node:fs/promises';
import type { Layout } from './layout.ts';

/** Makes the folders that nginx and the check write to. @throws with the path when one cannot be made. */
export async function prepareFolders(layout: Layout): Promise<void> {
  await mkdir(layout.runDir, { recursive: true, mode: 0o700 });
  for (const folder of [layout.dataDir, layout.checkDir, ...Object.values(layout.temp)]) {
    await mkdir(folder, { recursive: true });
  }
  // Of a controller that was killed.
  await rm(layout.quarantine, { force: true });
  const probe = await open(`${layout.config}.probe`, 'w');
  await probe.close();
  await rm(`${layout.config}.probe`);
}
