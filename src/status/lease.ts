/** Leader election as client-go does it (compat/behaviour.md 32.1), with the lease given back at the end. */
import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { microTime, readLease, writeLease } from './lease-api.ts';
import type { Lease, LeaseRef } from './lease-api.ts';

export interface ElectorOptions extends LeaseRef {
  readonly log: Logger;
  readonly identity: string;
  /** Milliseconds that a lease is good for; the leader renews it every quarter, and steps down after half without success. */
  readonly ttl: number;
  readonly onChange: (leading: boolean) => void;
  readonly now?: () => number;
}

export interface Elector {
  leading(): boolean;
  /** Gives the lease back, so that another replica takes over at once. */
  stop(): Promise<void>;
}

/** Milliseconds between two looks of a replica that waits: a lease that is given back is taken soon. */
const WAITING_POLL = 2000;

export function startElector(options: ElectorOptions): Elector {
  const now = options.now ?? (() => performance.now());
  const stopping = new AbortController();
  let leading = false;
  let renewed = 0;
  /** What was said last of a failure that goes on. */
  let told = '';
  // Expiry is judged by our own clock since the record last changed, never by comparing clocks of machines.
  let seen = { record: '', at: 0 };

  function lead(value: boolean): void {
    if (leading === value) return;
    leading = value;
    const fields = { lease: options.name, identity: options.identity };
    options.log.info(value ? 'successfully acquired lease' : 'stopped leading', fields);
    options.onChange(value);
  }

  async function attempt(): Promise<void> {
    const lease = await readLease(options, stopping.signal);
    const record = JSON.stringify(lease?.spec ?? {});
    if (record !== seen.record) seen = { record, at: now() };
    const holder = lease?.spec?.holderIdentity ?? '';
    const taken = holder !== '' && holder !== options.identity;
    if (taken && now() - seen.at < options.ttl) return lead(false);
    const written = await writeLease(options, lease, heldBy(options, lease));
    told = '';
    if (written === 'written') renewed = now();
    lead(written === 'written');
  }

  function complain(error: unknown): void {
    const reason = messageOf(error);
    const fields = { lease: options.name, reason };
    if (reason === told) options.log.debug(2, 'lease cannot be renewed', fields);
    else options.log.warn('lease cannot be renewed; without it no status is written', fields);
    told = reason;
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      await attempt().catch((error: unknown) => {
        if (stopping.signal.aborted) return;
        complain(error);
        if (leading && now() - renewed > options.ttl / 2) lead(false);
      });
      const wait = leading ? options.ttl / 4 : Math.min(WAITING_POLL, options.ttl / 4);
      await setTimeout(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  const running = loop();
  return {
    leading: () => leading,
    async stop() {
      stopping.abort();
      await running;
      if (!leading) return;
      lead(false);
      await release(options).catch((error: unknown) =>
        options.log.warn('lease cannot be released', { lease: options.name, reason: messageOf(error) }),
      );
    },
  };
}

function heldBy({ identity, ttl }: ElectorOptions, lease: Lease | null): NonNullable<Lease['spec']> {
  const time = microTime();
  const same = lease?.spec?.holderIdentity === identity;
  const transitions = lease?.spec?.leaseTransitions ?? 0;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.max(1, Math.round(ttl / 1000)),
    acquireTime: same ? (lease.spec?.acquireTime ?? time) : time,
    renewTime: time,
    leaseTransitions: same || lease === null ? transitions : transitions + 1,
  };
}

async function release(options: ElectorOptions): Promise<void> {
  const lease = await readLease(options);
  if (lease?.spec?.holderIdentity !== options.identity) return;
  await writeLease(options, lease, {
    ...lease.spec,
    holderIdentity: '',
    leaseDurationSeconds: 1,
    renewTime: microTime(),
  });
}
