/** One controller for each data folder. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface Lock {
  release(): Promise<void>;
}

/** @throws when a running controller holds the lock. One that was killed does not: its start time no longer matches. */
export async function acquireLock(path: string): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true });
  const own = `${process.pid} ${await startTime(process.pid)}`;
  const [pid = '', time = ''] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
  const alive =
    pid !== '' && pid !== String(process.pid) && (await startTime(Number(pid))) === time && time !== '';
  if (alive) {
    throw new Error(
      `the folder ${dirname(path)} is in use by another controller (process ${pid}); ` +
        'stop it, or choose another folder with --data-dir',
    );
  }
  await writeFile(path, own);
  return { release: () => rm(path, { force: true }) };
}

/** Clock ticks since boot, field 22 of /proc/PID/stat (proc(5)); empty when there is no such process. */
async function startTime(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
