/** Keeps the statuses of all accepted Ingresses as they should be, while this replica is the leader. */
import { setTimeout } from 'node:timers/promises';
import type { Snapshot } from '../cluster/snapshot.ts';
import type { Ingress } from '../source/objects.ts';
import { addressesOf } from './addresses.ts';
import type { AddressOptions } from './addresses.ts';
import { createStatusPlanner } from './plan.ts';
import type { StatusWriter } from './writer.ts';

export interface PublisherOptions {
  readonly snapshot: () => Snapshot;
  /** The Ingresses that belong to this controller. */
  readonly accepted: (snapshot: Snapshot) => readonly Ingress[];
  readonly leading: () => boolean;
  readonly writer: StatusWriter;
  readonly addresses: AddressOptions;
  /** Milliseconds between two looks when nothing changes. */
  readonly interval: number;
  readonly now?: () => number;
}

export interface Publisher {
  /** Something changed that may change a status. */
  changed(): void;
  /** @param clear whether nobody is left who serves these Ingresses. */
  stop(clear: (snapshot: Snapshot) => boolean): Promise<void>;
}

/** Milliseconds in which changes are gathered before the next round. */
const GATHER = 100;

export function startPublisher(options: PublisherOptions): Publisher {
  const stopping = new AbortController();
  const planStatus = createStatusPlanner();
  let wake: () => void = () => undefined;
  let dirty = true;

  async function round(): Promise<void> {
    const snapshot = options.snapshot();
    const addresses = addressesOf(snapshot, options.addresses);
    // No address is known yet, or no pod is ready: what stands there is better than nothing.
    if (addresses.length === 0) return;
    const plan = planStatus(options.accepted(snapshot), snapshot.statuses, addresses);
    await options.writer.write(plan, stopping.signal);
  }

  async function sleep(milliseconds: number): Promise<void> {
    const timer = new AbortController();
    const woken = new Promise<void>((resolve) => (wake = resolve));
    if (!dirty)
      await Promise.race([
        woken,
        setTimeout(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined),
      ]);
    timer.abort();
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      await setTimeout(GATHER, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      dirty = false;
      if (options.leading()) await round();
      await sleep(options.interval);
    }
  }

  const running = loop();
  return {
    changed() {
      dirty = true;
      wake();
    },
    async stop(clear) {
      stopping.abort();
      dirty = true;
      wake();
      await running;
      const snapshot = options.snapshot();
      if (!clear(snapshot)) return;
      const plan = planStatus(options.accepted(snapshot), snapshot.statuses, []);
      await options.writer.write(plan, AbortSignal.timeout(10_000));
    },
  };
}
