/** A program that says what a test wants. */
import { writeFile } from 'node:fs/promises';
import type { Folder } from './folder.ts';

/** @param body of a shell script. Resolves to its path. */
export async function makeScript(folder: Folder, name: string, body: string): Promise<string> {
  const path = folder.file(name);
  await writeFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
}
