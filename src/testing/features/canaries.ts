/** What an attack would touch. */
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../harness/ports.ts';
import type { Stage } from '../harness/stage.ts';
import type { Canaries } from './vectors.ts';

export interface Watched extends Canaries {
  /** What has happened to the canaries. */
  readonly touched: () => readonly string[];
}

export async function makeCanaries(stage: Stage): Promise<Watched> {
  const file = join(stage.folder, 'canary');
  const text = 'CANARY-TEXT;\n';
  writeFileSync(file, text);
  // Reading sets the time of the last access when that is older than the last change.
  const rewind = () => utimesSync(file, 1, Date.now() / 1000);
  rewind();
  readFileSync(file);
  if (statSync(file).atimeMs === 1000) throw new Error(`${stage.folder} keeps no access times`);
  rewind();
  const port = await freePort();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  }).listen(port, '127.0.0.1');
  stage.defer(() => server.close());
  return {
    file,
    port,
    touched() {
      const read = statSync(file).atimeMs === 1000 ? [] : ['the file was read'];
      const reached = connections === 0 ? [] : ['the port was reached'];
      const written = readFileSync(file, 'utf8') === text ? [] : ['the file was written'];
      rewind();
      return [...read, ...reached, ...written];
    },
  };
}
