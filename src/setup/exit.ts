/** The end of this process, also where Node would wait for ever: for its threads, one of which waits for a disk. */
import { setTimeout } from 'node:timers/promises';

/** What its threads work on. A question to DNS may take long, too. */
const BY_THREADS = /^(?:FSReq|GetAddrInfo|GetNameInfo)/;
/** Milliseconds for what is just under way, and between two looks. */
const PATIENCE = 1000;
const LOOK = 20;

function isBusy(): boolean {
  return process.getActiveResourcesInfo().some((name) => BY_THREADS.test(name));
}

/** Ends with this code, at once. */
export function exitNow(code: number): never {
  if (isBusy()) exitWithoutThreads(code);
  process.exit(code);
}

/** The same, when what is under way has had a moment. */
export async function exitSoon(code: number): Promise<never> {
  for (let waited = 0; waited < PATIENCE && isBusy(); waited += LOOK) await setTimeout(LOOK);
  return exitNow(code);
}

/** The kernel ends all threads of a process that becomes another program. A signal would say nothing of the code, and not reach an init process. */
function exitWithoutThreads(code: number): void {
  // Says that the function is new.
  process.removeAllListeners('warning');
  try {
    process.execve?.('/bin/sh', ['sh', '-c', `exit ${code}`], {});
  } catch {
    // Without a shell.
  }
  process.kill(process.pid, 'SIGKILL');
}
