/** The moment of a reload in which nginx answers as before, and as from now on. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { takesConnections } from './processes.ts';

/** Milliseconds after which a request goes out all the same: workers that do not go are for the tests of just that. */
const LONGEST = 2_000;

/**
 * Resolves when no more workers take connections than there should be. nginx starts new workers 100 ms before it tells the old ones to
 * close their sockets (`ngx_master_process_cycle`), so that of two requests the first may be answered by a new worker, the second by an old one.
 */
export async function overlapOver(dataDir: string): Promise<void> {
  const end = performance.now() + LONGEST;
  while (performance.now() < end && (await overlaps(dataDir))) await setTimeout(10);
}

async function overlaps(dataDir: string): Promise<boolean> {
  const config = await textOf(join(dataDir, 'nginx.conf'));
  const wanted = /^worker_processes (\d+);/m.exec(config)?.[1];
  const pid = /^pid "?([^";]+)"?;/m.exec(config)?.[1];
  if (wanted === undefined || pid === undefined) return false;
  const master = (await textOf(pid)).trim();
  const children = (await textOf(`/proc/${master}/task/${master}/children`)).trim().split(' ');
  const commands = await Promise.all(children.map((child) => textOf(`/proc/${child}/cmdline`)));
  return commands.filter(takesConnections).length > Number(wanted);
}

/** Empty when there is none: nginx may just be starting, or be gone. */
async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
