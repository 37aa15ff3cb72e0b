/** Fetches the databases of MaxMind at the start (compat/flags.md, --maxmind-*); whoever follows their folder uses them then. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { EnvHttpProxyAgent, fetch } from 'undici';
import type { Options } from '../config/flags/table.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';

export interface GeoDownload {
  readonly options: Pick<
    Options,
    | 'maxmindEditionIds'
    | 'maxmindLicenseKey'
    | 'maxmindMirror'
    | 'maxmindRetriesCount'
    | 'maxmindRetriesTimeout'
  >;
  readonly folder: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const SITE = 'https://download.maxmind.com/app/geoip_download';
/** Milliseconds for one database. */
const PATIENCE = 300_000;

/** Never rejects: what cannot be had is told, and everything else goes on. Nothing happens without a key and a mirror. */
export async function downloadDatabases(download: GeoDownload): Promise<void> {
  const { options, folder, log, signal } = download;
  const { maxmindEditionIds: editions, maxmindLicenseKey: key, maxmindMirror: mirror } = options;
  if (key === '' && mirror === '') return;
  const agent = new EnvHttpProxyAgent();
  try {
    for (const edition of editions.split(',').filter((name) => name !== '')) {
      const address = addressOf(edition, { key, mirror });
      const reason = await attempts(options, signal, () =>
        bring(address, { edition, folder, signal, agent }),
      );
      if (signal.aborted) return;
      if (reason === null) log.info('database about addresses was fetched', { edition });
      else
        log.warn('a database about addresses cannot be fetched; one that is there already is used', {
          edition,
          // The address may hold the key.
          reason: key === '' ? reason : reason.replaceAll(key, '…'),
        });
    }
  } finally {
    await agent.close();
  }
}

function addressOf(edition: string, { key, mirror }: { readonly key: string; readonly mirror: string }): URL {
  if (mirror !== '') return new URL(`${mirror.replace(/\/+$/, '')}/${edition}.tar.gz`);
  const address = new URL(SITE);
  for (const [name, value] of Object.entries({ license_key: key, edition_id: edition, suffix: 'tar.gz' }))
    address.searchParams.set(name, value);
  return address;
}

/** Only a connection that is refused is tried again, after pauses that grow. Returns why it failed, or null. */
async function attempts(
  { maxmindRetriesCount, maxmindRetriesTimeout }: GeoDownload['options'],
  signal: AbortSignal,
  action: () => Promise<void>,
): Promise<string | null> {
  const most = maxmindRetriesTimeout === 0 ? 1 : Math.max(1, maxmindRetriesCount);
  for (let attempt = 1; ; attempt++)
    try {
      await action();
      return null;
    } catch (error) {
      const reason = reasonOf(error);
      if (signal.aborted || attempt >= most || !reason.includes('ECONNREFUSED')) return reason;
      const pause = maxmindRetriesTimeout * 1.5 ** (attempt - 1);
      await setTimeout(pause, undefined, { signal }).catch(() => undefined);
    }
}

/** What `fetch` says of the network stands in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`;
}

interface Bringing {
  readonly edition: string;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly agent: EnvHttpProxyAgent;
}

/** The file takes the place of the one before when it is complete. */
async function bring(address: URL, { edition, folder, signal, agent }: Bringing): Promise<void> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
  const response = await fetch(address, { dispatcher: agent, signal: bounded });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Error(`${address.host} answers ${response.status}`);
  }
  await mkdir(folder, { recursive: true });
  const part = join(folder, `.${edition}.part`);
  try {
    await execa('tar', ['--extract', '--gzip', '--to-stdout', '--wildcards', `*${edition}.mmdb`], {
      input: Readable.fromWeb(response.body),
      stdout: { file: part },
      cancelSignal: bounded,
    });
    await rename(part, join(folder, `${edition}.mmdb`));
  } finally {
    await rm(part, { force: true });
  }
}
