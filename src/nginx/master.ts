/** One nginx master: start, signals, end. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { endsWithin } from '../lib/within.ts';
import type { Logger } from '../lib/log.ts';
import type { Layout } from './layout.ts';
import type { LogOutput } from './log-output.ts';
import { commandLine, membersOf } from './workers.ts';

export interface MasterOptions {
  /** What starts nginx, without its parameters. */
  readonly command: readonly [string, ...string[]];
  readonly layout: Layout;
  readonly log: Logger;
}

export interface Master {
  readonly pid: number;
  /** Whether it has loaded its file and hears signals; else it has ended. */
  readonly runs: boolean;
  readonly ended: Promise<{ readonly exitCode: number | undefined; readonly signal: string | undefined }>;
}

/**
 * Resolves when the master has loaded its file and hears signals, or has ended.
 * @throws when the program cannot be started at all; a configuration that it refuses shows in `ended`.
 */
export async function launchMaster({ command, layout }: MasterOptions, output: LogOutput): Promise<Master> {
  await removeRunFiles(layout);
  const [program, ...words] = command;
  const child = execa(program, [...words, '-p', `${layout.dataDir}/`, '-e', 'stderr', '-c', layout.config], {
    stdin: 'ignore',
    stdout: output.stdout,
    stderr: 'inherit',
    // Signals of the terminal go to the controller alone, which then lets nginx finish.
    detached: true,
    cleanup: false,
    reject: false,
  });
  if (child.pid === undefined)
    throw new Error(`${program} cannot be started: ${String((await child).shortMessage)}`);
  const master = {
    pid: child.pid,
    ended: child.then(({ exitCode, signal }) => ({ exitCode, signal })),
  };
  return { ...master, runs: await signalsHeard(master, layout) };
}

// A signal that comes earlier would end it. nginx writes the file once its handlers are in place.
async function signalsHeard(master: Pick<Master, 'pid' | 'ended'>, layout: Layout): Promise<boolean> {
  let over = false;
  const ended = master.ended.then(() => {
    over = true;
  });
  for (let wait = 2; !over; wait = Math.min(50, wait * 1.3)) {
    const written = await readFile(layout.pid, 'utf8').catch(() => '');
    if (written.trim() === String(master.pid)) return true;
    await Promise.race([setTimeout(wait), ended]);
  }
  return false;
}

/** The master leads a process group of its own, which its workers belong to. */
export function signalGroup(master: number, signal: NodeJS.Signals): void {
  sendSignal(-master, signal);
}

/** To a process, or to a group when negative. Does nothing when it has ended, which its supervision learns a moment later. */
export function sendSignal(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    // Nobody is left.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Milliseconds from SIGKILL to the end. */
const LAST_PATIENCE = 5000;

/** Lets requests finish; after `deadline` milliseconds ends the rest at once. */
export async function endMaster(master: Master, deadline: number): Promise<void> {
  sendSignal(master.pid, 'SIGQUIT');
  const timer = new AbortController();
  const late = setTimeout(deadline, 'late', { signal: timer.signal, ref: false }).catch(() => 'ended');
  if ((await Promise.race([master.ended, late])) === 'late') {
    sendSignal(master.pid, 'SIGTERM');
    const patience = setTimeout(2000, 'late', { signal: timer.signal }).catch(() => 'ended');
    if ((await Promise.race([master.ended, patience])) === 'late') signalGroup(master.pid, 'SIGKILL');
  }
  // One that waits for a disk in the kernel outlives even that.
  await endsWithin(master.ended, LAST_PATIENCE);
  timer.abort();
}

// A socket file without a listener would make nginx believe that the address is in use; a master that was killed leaves its id.
export async function removeRunFiles(layout: Layout): Promise<void> {
  await mkdir(layout.runDir, { recursive: true, mode: 0o700 });
  await rm(layout.controlSocket, { force: true });
  await rm(layout.declarationsSocket, { force: true });
  await rm(layout.passthrough.tls, { force: true });
  await rm(layout.passthrough.raw, { force: true });
  await rm(layout.pid, { force: true });
}

/** Ends the nginx that a controller which was killed has left behind: the folder is ours, so is what runs from it. */
export async function endLeftover({ layout, log }: Pick<MasterOptions, 'layout' | 'log'>): Promise<void> {
  const pid = Number(await readFile(layout.pid, 'utf8').catch(() => '0'));
  if (!(pid > 1)) return;
  const title = await commandLine(pid);
  // Empty: it has ended, and nobody has asked how.
  if (title === null || title === '') return endOrphans(pid, log);
  if (!title.startsWith('nginx: master process') || !title.includes(layout.config)) return;
  log.warn('an nginx of an earlier run still works from this folder; it is ended first', { pid });
  await endStepwise(
    // Workers do not end with a master that is killed.
    (signal) => (signal === 'SIGKILL' ? signalGroup(pid, signal) : sendSignal(pid, signal)),
    async () => (await commandLine(pid)) !== title,
  );
}

/** Workers whose master was killed keep its ports. While one of them lives, nobody else can have their group's number. */
async function endOrphans(group: number, log: Logger): Promise<void> {
  const orphans = await membersOf(group);
  if (orphans.length === 0) return;
  log.warn('workers of an nginx that was killed still hold its ports; they are ended first', {
    workers: orphans.join(' '),
  });
  await endStepwise(
    (signal) => signalGroup(group, signal),
    async () => (await membersOf(group)).length === 0,
  );
}

/** First asks, then forces. */
async function endStepwise(
  send: (signal: NodeJS.Signals) => void,
  isOver: () => Promise<boolean>,
): Promise<void> {
  for (const signal of ['SIGQUIT', 'SIGTERM', 'SIGKILL'] as const) {
    send(signal);
    for (let waited = 0; waited < 3000; waited += 50) {
      if (await isOver()) return;
      await setTimeout(50);
    }
  }
}
