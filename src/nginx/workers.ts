/** The processes of nginx as /proc shows them. */
import { readFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';

/** Process ids of all children of the master, draining ones included; empty when /proc does not tell. */
export async function workersOf(master: number): Promise<ReadonlySet<number>> {
  const text = await readFile(`/proc/${master}/task/${master}/children`, 'utf8').catch(() => '');
  return new Set(
    text
      .split(' ')
      .filter((word) => word !== '')
      .map(Number),
  );
}

/** Whether a worker takes no new connections any more: gone, or told to quit. nginx says so in its title. */
export async function isDraining(worker: number): Promise<boolean> {
  const title = await readFile(`/proc/${worker}/cmdline`, 'utf8').catch(() => '');
  // A process that is just ending has an empty command line.
  return title === '' || isShuttingDown(title);
}

/** Workers that finish what they have begun, and take nothing new. */
export async function drainingWorkersOf(master: number): Promise<ReadonlySet<number>> {
  const draining = new Set<number>();
  for (const worker of await workersOf(master)) {
    const title = await commandLine(worker);
    if (title !== null && isShuttingDown(title)) draining.add(worker);
  }
  return draining;
}

/** Processes of nginx in the process group of a master, which may have died. */
export async function membersOf(group: number): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name) || (await groupOf(name)) !== group) continue;
    if ((await commandLine(Number(name)))?.startsWith('nginx: ') === true) found.push(Number(name));
  }
  return found;
}

/** Field 5 of /proc/PID/stat (proc(5)). */
async function groupOf(pid: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}

/** Field 6 of /proc/PID/stat (proc(5)); null when there is no such process. */
export function sessionOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
  } catch {
    return null;
  }
}

/** The command line of a process, or null when there is none of this id. */
export async function commandLine(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  return text === null ? null : text.replaceAll('\0', ' ').trim();
}

function isShuttingDown(title: string): boolean {
  return title.includes('shutting down');
}
