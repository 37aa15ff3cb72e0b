/** `/wait-shutdown`, the preStop hook: tells the controller to stop and waits until nginx is gone (compat/flags.md). */
import { readFile, readdir } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly commandLine: string;
}

/** All processes that /proc shows. */
export async function listProcesses(): Promise<readonly ProcessEntry[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const entries = await Promise.all(pids.map(readProcess));
  return entries.filter((entry) => entry !== null);
}

async function readProcess(pid: string): Promise<ProcessEntry | null> {
  try {
    const [status, commandLine] = await Promise.all([
      readFile(`/proc/${pid}/status`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    return {
      pid: Number(pid),
      parent: Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1]),
      name: /^Name:\s*(.*)$/m.exec(status)?.[1] ?? '',
      commandLine: commandLine.replaceAll('\0', ' ').trim(),
    };
  } catch {
    // It has just ended.
    return null;
  }
}

export interface WaitShutdownOptions {
  readonly list: () => Promise<readonly ProcessEntry[]>;
  readonly kill: (pid: number) => void;
  readonly pause: () => Promise<void>;
  readonly own: number;
}

/** Resolves to the exit status: 0 when nginx is gone, 1 when there was no controller to tell. */
export async function waitShutdown(options: WaitShutdownOptions): Promise<number> {
  const controllers = (await options.list()).filter(
    ({ pid, commandLine }) => pid !== options.own && commandLine.includes('nginx-ingress-controller'),
  );
  if (controllers.length === 0) return 1;
  for (const { pid } of controllers.filter(isInnermost)) options.kill(pid);
  while ((await options.list()).some(({ name }) => name === 'nginx')) await options.pause();
  return 0;
}

/** The init process of the image has the command of its child in its own command line, and would hand the signal on a second time. */
function isInnermost({ pid }: ProcessEntry, _: number, all: readonly ProcessEntry[]): boolean {
  return !all.some(({ parent }) => parent === pid);
}

export function systemOptions(): WaitShutdownOptions {
  return {
    list: listProcesses,
    own: process.pid,
    kill: (pid) => {
      process.kill(pid, 'SIGTERM');
    },
    pause: () => setTimeout(500),
  };
}
