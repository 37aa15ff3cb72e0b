/** What /proc tells about the processes of a program under test. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly state: string;
  readonly command: string;
}

/** Undefined when there is none of this id, or it is a zombie: that one has ended already. */
export function processInfo(pid: number): ProcessInfo | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; the fields after it are plain (proc(5)).
    const [state = '', parent = '', group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    if (state === 'Z' || state === 'X') return undefined;
    return { pid, parent: Number(parent), group: Number(group), state, command };
  } catch {
    return undefined;
  }
}

export function allProcesses(): readonly ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processInfo(Number(name)))
    .filter((info) => info !== undefined);
}

/** The nginx masters that run from a folder. More than one is a defect. */
export function mastersOf(folder: string): readonly number[] {
  return allProcesses()
    .filter(
      ({ command }) => command.startsWith('nginx: master process') && command.includes(` -c ${folder}/`),
    )
    .filter(({ pid, group }) => {
      // A new worker bears the name of its master for a moment; only the master leads a group.
      return pid === group;
    })
    .map(({ pid }) => pid);
}

/** Workers of a master, those that are shutting down included. */
export function workersOf(master: number): readonly number[] {
  return allProcesses()
    .filter(({ parent, command }) => parent === master && command.startsWith('nginx: worker process'))
    .map(({ pid }) => pid);
}

/** Workers of a master that still take connections. */
export function activeWorkersOf(master: number): readonly number[] {
  return workersOf(master).filter((pid) => takesConnections(processInfo(pid)?.command ?? ''));
}

/** @param command as the system shows the process. */
export function takesConnections(command: string): boolean {
  return command.startsWith('nginx: worker process') && !command.includes('shutting down');
}

export function openFiles(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return 'gone';
    }
  });
}

/** Resident memory in MB. */
export function residentMegabytes(pid: number, which: 'now' | 'peak' = 'now'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, kilobytes] = (which === 'now' ? /^VmRSS:\s+(\d+)/m : /^VmHWM:\s+(\d+)/m).exec(status) ?? [];
  return Number(kilobytes) / 1024;
}

/** Its own memory in MB, and its part of what it shares with others. */
export function proportionalMegabytes(pid: number): number {
  const [, kilobytes] = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

/** Seconds of CPU that a process has used, its threads included. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime and stime in hundredths, as proc(5) counts them.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Ends what a test has left behind, so that the next one starts clean. */
export function killAll(pids: Iterable<number>): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}
