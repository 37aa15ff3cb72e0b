/** Where nginx's standard output goes. nginx opens /dev/stdout by name, which fails when it is a socket. */
import { createWriteStream, fstatSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Layout } from './layout.ts';

export interface LogOutput {
  /** For the child: our own output, or the writing end of a pipe. */
  readonly stdout: 'inherit' | Writable;
  close(): Promise<void>;
}

export async function openLogOutput(layout: Layout): Promise<LogOutput> {
  if (!fstatSync(1).isSocket()) return { stdout: 'inherit', close: async () => undefined };
  const path = join(layout.runDir, 'stdout.pipe');
  await rm(path, { force: true });
  await execa('mkfifo', ['-m', '600', path]);
  // Opened for both directions, so that the reader never sees an end while no nginx runs.
  const pipe = await open(path, 'r+');
  const reader = execa('cat', [path], {
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'ignore',
    reject: false,
    detached: true,
  });
  return {
    // Only its descriptor is used, by the child.
    stdout: createWriteStream('', { fd: pipe.fd, autoClose: false }),
    async close() {
      await pipe.close();
      await reader;
      await rm(path, { force: true });
    },
  };
}
