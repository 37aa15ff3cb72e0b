/** The nginx master as a supervised child: never two, started again with back-off when it dies. */
import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../lib/errors.ts';
import { endsWithin } from '../lib/within.ts';
import type { Logger } from '../lib/log.ts';
import type { Layout } from './layout.ts';
import { openLogOutput } from './log-output.ts';
import type { LogOutput } from './log-output.ts';
import { endMaster, launchMaster, removeRunFiles, sendSignal, signalGroup } from './master.ts';
import type { Master } from './master.ts';

export interface NginxProcessOptions {
  /** What starts nginx, without its parameters. */
  readonly command: readonly [string, ...string[]];
  readonly layout: Layout;
  readonly log: Logger;
  /** A new master runs; it knows nothing of the live state. Called for every master but the first. */
  readonly onRestart: () => void;
}

export interface NginxProcess {
  /**
   * Starts the first master; the file must be in place. Resolves when it runs or has ended already, which leaves everything as it
   * was. Later, when the master has died: lets the next one load the file that is in place now, without delay.
   */
  start(): Promise<'runs' | 'ended'>;
  /** Process id of the running master, or null. */
  pid(): number | null;
  /** Asks the master to load the file anew. */
  reload(): void;
  /** Asks the master and its workers to open their log files anew. */
  reopenLogs(): void;
  /** Lets requests finish, then ends; after `deadline` milliseconds it ends at once. Nothing is left behind. */
  stop(deadline: number): Promise<void>;
}

const FIRST_DELAY = 100;
const LAST_DELAY = 10_000;
/** Milliseconds in which a disk has removed a few files. */
const PATIENCE = 5000;
/** A master that lived so long (ms) starts the back-off anew. */
const STEADY = 30_000;

export function createNginxProcess(options: NginxProcessOptions): NginxProcess {
  const { layout, log } = options;
  const stopping = new AbortController();
  let master: Master | null = null;
  let launching: Promise<Master> | null = null;
  let output: LogOutput | null = null;
  let supervision: Promise<void> | null = null;
  let pause = new AbortController();

  function launch(): Promise<Master> {
    launching = (async () => {
      output ??= await openLogOutput(layout);
      return launchMaster(options, output);
    })().finally(() => {
      launching = null;
    });
    return launching;
  }

  async function sleep(milliseconds: number): Promise<void> {
    pause = new AbortController();
    const signal = AbortSignal.any([pause.signal, stopping.signal]);
    await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
  }

  /** For a file that has come while no master runs; the one that is just being started may have read the file before. */
  async function hurry(): Promise<'runs'> {
    pause.abort();
    const late = await launching?.catch(() => null);
    if (late !== null && late !== undefined) sendSignal(late.pid, 'SIGHUP');
    return 'runs';
  }

  async function supervise(first: Master): Promise<void> {
    let delay = FIRST_DELAY;
    for (let current: Master | null = first; !stopping.signal.aborted;) {
      const since = performance.now();
      if (current !== null) await endOf(current, { log, signal: stopping.signal });
      master = null;
      if (stopping.signal.aborted) return;
      if (performance.now() - since > STEADY) delay = FIRST_DELAY;
      await sleep(delay);
      delay = Math.min(LAST_DELAY, delay * 2);
      current = await relaunch();
    }
  }

  async function relaunch(): Promise<Master | null> {
    if (stopping.signal.aborted) return null;
    try {
      master = await launch();
      options.onRestart();
    } catch (error) {
      log.error('nginx cannot be started; it is tried again', { reason: messageOf(error) });
    }
    return master;
  }

  return {
    async start() {
      if (stopping.signal.aborted) return 'ended';
      if (supervision !== null) return hurry();
      const first = await launch();
      if (!first.runs) return 'ended';
      master = first;
      supervision = supervise(master);
      return 'runs';
    },
    pid: () => master?.pid ?? null,
    reload: () => {
      // One that is told to quit would start workers for it.
      if (master !== null && !stopping.signal.aborted) sendSignal(master.pid, 'SIGHUP');
    },
    reopenLogs: () => {
      if (master !== null) sendSignal(master.pid, 'SIGUSR1');
    },
    async stop(deadline) {
      stopping.abort();
      if (master !== null) await endMaster(master, deadline);
      await endsWithin(supervision ?? Promise.resolve(), PATIENCE);
      // It was being started meanwhile.
      if (master !== null) await endMaster(master, deadline);
      if (!(await endsWithin(tidyUp(output, layout), PATIENCE)))
        log.error('files of nginx cannot be removed; they are left behind', { folder: layout.runDir });
    },
  };
}

async function tidyUp(output: LogOutput | null, layout: Layout): Promise<void> {
  await output?.close();
  await removeRunFiles(layout);
}

/** Resolves when the master has ended, and says so when that was not asked for. */
async function endOf(
  { pid, ended }: Master,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const outcome = await ended;
  // Workers outlive a master that was killed, and would keep its ports; they may finish their requests.
  signalGroup(pid, 'SIGQUIT');
  if (!signal.aborted)
    log.error('nginx master died; it is started again from the last good configuration', outcome);
}
