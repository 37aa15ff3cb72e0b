/** The two pauses around stopping (compat/flags.md, "Lifecycle"). */
import { setTimeout } from 'node:timers/promises';
import type { ParsedFlags } from '../config/flags/parse.ts';
import type { Options } from '../config/flags/table.ts';

/** Time for load balancers to notice that the health check fails. */
export async function pauseBeforeStop(options: Options, signal: NodeJS.Signals | null): Promise<void> {
  if (signal === 'SIGTERM') await setTimeout(options.shutdownGracePeriod * 1000);
}

/** Nobody waits for a controller that was stopped by hand or follows a folder, unless the flag says so. */
export async function pauseAfterStop(
  { options, given }: Pick<ParsedFlags, 'options' | 'given'>,
  signal: NodeJS.Signals | null,
): Promise<void> {
  const wanted = options.manifests.length === 0 || given.has('post-shutdown-grace-period');
  if (signal === 'SIGTERM' && wanted) await setTimeout(options.postShutdownGracePeriod * 1000);
}
