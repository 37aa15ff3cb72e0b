/** The nginx master as a supervised child: never two, started again with back-off when it dies. */
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import type { Logger } from '../lib/log.ts';
import type { Layout } from './layout.ts';
import { openLogOutput } from './log-output.ts';
import type { LogOutput } from './log-output.ts';
import { commandLine } from './workers.ts';

export interface NginxProcessOptions {
  readonly binary: string;
  readonly layout: Layout;
  readonly log: Logger;
  /** A new master runs; it knows nothing of the live state. Called for every master but the first. */
  readonly onRestart: () => void;
}

export interface NginxProcess {
  /** Starts the first master; the file must be in place. Resolves when it runs or has ended already. */
  start(): Promise<void>;
  /** Process id of the running master, or null. */
  pid(): number | null;
  /** Asks the master to load the file anew. */
  reload(): void;
  /** Lets requests finish, then ends; after `deadline` milliseconds it ends at once. Nothing is left behind. */
  stop(deadline: number): Promise<void>;
}

interface Master {
  readonly pid: number;
  readonly ended: Promise<{ readonly exitCode: number | undefined; readonly signal: string | undefined }>;
}

const FIRST_DELAY = 100;
const LAST_DELAY = 10_000;
/** A master that lived so long (ms) starts the back-off anew. */
const STEADY = 30_000;

export function createNginxProcess(options: NginxProcessOptions): NginxProcess {
  const { layout, log } = options;
  const stopping = new AbortController();
  let master: Master | null = null;
  let output: LogOutput | null = null;
  let supervision: Promise<void> = Promise.resolve();

  async function launch(): Promise<Master> {
    output ??= await openLogOutput(layout);
    await removeSockets(layout);
    const child = execa(options.binary, ['-p', `${layout.dataDir}/`, '-e', 'stderr', '-c', layout.config], {
      stdin: 'ignore',
      stdout: output.stdout,
      stderr: 'inherit',
      // Signals of the terminal go to the controller alone, which then lets nginx finish.
      detached: true,
      cleanup: false,
      reject: false,
    });
    if (child.pid === undefined) throw new Error(`${options.binary} cannot be started: ${String(await child)}`);
    return { pid: child.pid, ended: child.then(({ exitCode, signal }) => ({ exitCode, signal })) };
  }

  async function supervise(): Promise<void> {
    let delay = FIRST_DELAY;
    while (master !== null && !stopping.signal.aborted) {
      const since = performance.now();
      const { exitCode, signal } = await master.ended;
      master = null;
      if (stopping.signal.aborted) return;
      log.error('nginx master died; it is started again from the last good configuration', { exitCode, signal });
      if (performance.now() - since > STEADY) delay = FIRST_DELAY;
      await setTimeout(delay, undefined, { signal: stopping.signal }).catch(() => undefined);
      delay = Math.min(LAST_DELAY, delay * 2);
      if (stopping.signal.aborted) return;
      master = await launch();
      options.onRestart();
    }
  }

  return {
    async start() {
      await endLeftover(options);
      master = await launch();
      supervision = supervise();
    },
    pid: () => master?.pid ?? null,
    reload: () => {
      if (master !== null) process.kill(master.pid, 'SIGHUP');
    },
    async stop(deadline) {
      stopping.abort();
      const last = master;
      if (last !== null) await end(last, deadline);
      await supervision;
      await output?.close();
      await removeSockets(layout);
    },
  };
}

async function end(master: Master, deadline: number): Promise<void> {
  process.kill(master.pid, 'SIGQUIT');
  const timer = new AbortController();
  const late = setTimeout(deadline, 'late', { signal: timer.signal, ref: false }).catch(() => 'ended');
  if ((await Promise.race([master.ended, late])) === 'late') {
    process.kill(master.pid, 'SIGTERM');
    const patience = setTimeout(2000, 'late', { signal: timer.signal }).catch(() => 'ended');
    if ((await Promise.race([master.ended, patience])) === 'late') process.kill(-master.pid, 'SIGKILL');
  }
  await master.ended;
  timer.abort();
}

// A socket file without a listener would make nginx believe that the address is in use.
async function removeSockets(layout: Layout): Promise<void> {
  await mkdir(layout.runDir, { recursive: true, mode: 0o700 });
  await rm(layout.controlSocket, { force: true });
  await rm(layout.declarationsSocket, { force: true });
}

/** Ends the master that a controller which was killed has left behind: the folder is ours, so is what runs from it. */
async function endLeftover({ layout, log }: NginxProcessOptions): Promise<void> {
  const pid = Number(await readFile(layout.pid, 'utf8').catch(() => '0'));
  const title = pid > 1 ? await commandLine(pid) : null;
  if (title === null || !title.startsWith('nginx: master process') || !title.includes(layout.config)) return;
  log.warn('an nginx of an earlier run still works from this folder; it is ended first', { pid });
  for (const signal of ['SIGQUIT', 'SIGTERM', 'SIGKILL'] as const) {
    process.kill(pid, signal);
    for (let waited = 0; waited < 3000; waited += 50) {
      if ((await commandLine(pid)) !== title) return;
      await setTimeout(50);
    }
  }
}

/** Makes the folders that nginx and the check write to. @throws with the path when one cannot be made. */
export async function prepareFolders(layout: Layout): Promise<void> {
  await mkdir(layout.runDir, { recursive: true, mode: 0o700 });
  for (const folder of [layout.dataDir, layout.checkDir, ...Object.values(layout.temp)]) {
    await mkdir(folder, { recursive: true });
  }
  const probe = await open(`${layout.config}.probe`, 'w');
  await probe.close();
  await rm(`${layout.config}.probe`);
}
