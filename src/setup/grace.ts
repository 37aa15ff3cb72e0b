/** The two pauses around stopping (compat/flags.md, "Lifecycle"). */
import { setTimeout } from 'node:timers/promises';
import type { ParsedFlags } from '../config/flags/parse.ts';
import type { Successor } from './successor.ts';

type Flags = Pick<ParsedFlags, 'options' | 'given'>;

/** Milliseconds. */
export interface GraceTimings {
  /** kube-proxy needs one or two seconds to stop sending traffic to a pod that ends itself. */
  readonly least: number;
  /** Three failed probes make a pod unready, and kube-proxy gives up one that is unready and ends itself. */
  readonly most: number;
}

const TIMINGS: GraceTimings = { least: 5000, most: 25_000 };
const LOOK = 200;

/**
 * Time for load balancers to notice that this replica goes. The flag says how much; without it, a pod serves until the traffic
 * goes elsewhere, which it does only when there is somebody else: one replica is replaced without an outage.
 * @param successor null outside of a cluster.
 */
export async function pauseBeforeStop(
  { options, given }: Flags,
  {
    signal,
    successor,
  }: { readonly signal: NodeJS.Signals | null; readonly successor: () => Successor | null },
  timings = TIMINGS,
): Promise<void> {
  if (signal !== 'SIGTERM') return;
  if (given.has('shutdown-grace-period') || successor() === null)
    return setTimeout(options.shutdownGracePeriod * 1000);
  const start = performance.now();
  let calm = start;
  for (let now = start; now - calm < timings.least && now - start < timings.most; now = performance.now()) {
    if (successor() === 'coming') calm = now;
    await setTimeout(Math.min(LOOK, timings.least / 2));
  }
}

/** Nobody waits for a controller that was stopped by hand or follows a folder, unless the flag says so. */
export async function pauseAfterStop(
  { options, given }: Flags,
  signal: NodeJS.Signals | null,
): Promise<void> {
  const wanted = options.manifests.length === 0 || given.has('post-shutdown-grace-period');
  if (signal === 'SIGTERM' && wanted) await setTimeout(options.postShutdownGracePeriod * 1000);
}
