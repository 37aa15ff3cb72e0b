import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';

/** PEM text and switches of the TLS connection to the API server. */
export interface TlsSettings {
  /** Empty or absent: the certificate authorities that Node trusts. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** What one request needs. `tls` stays the same object as long as its contents do. */
export interface Access {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly tls: TlsSettings;
}

/** The way to one API server. */
export interface Credentials {
  /** May have a path, below which the API is served. */
  readonly server: URL;
  /** An http or https proxy to go through. */
  readonly proxy?: URL;
  /** Where the credentials come from, for the log. */
  readonly origin: string;
  /** Read anew when older than a minute; a failing read keeps the old ones, so it does not reject. */
  access(): Promise<Access>;
  /** The server answered 401 to this: the next `access` reads anew, unless that has happened since. */
  refresh(refused: Access): void;
}

/** `refused`: what was kept is known to be useless, so nothing may be answered from a cache. */
export type LoadReason = 'start' | 'old' | 'refused';

export interface CachedAccess {
  readonly load: (reason: LoadReason) => Promise<Access>;
  readonly log: Logger;
  readonly now: () => number;
}

/** client-go reads token files as often; a projected token is replaced long before it expires. */
const maxAge = 60_000;

/** Loads once, so that errors at start reject, then keeps the result fresh. */
export async function cacheAccess({
  load,
  log,
  now,
}: CachedAccess): Promise<Pick<Credentials, 'access' | 'refresh'>> {
  let current = await load('start');
  let readAt = now();
  let refused = false;
  let reading: Promise<Access> | undefined;

  async function readAnew(): Promise<Access> {
    const reason = refused ? 'refused' : 'old';
    readAt = now();
    refused = false;
    try {
      const fresh = await load(reason);
      current = sameTls(fresh.tls, current.tls) ? { ...fresh, tls: current.tls } : fresh;
    } catch (error) {
      log.warn('cannot read the API server credentials anew, keeping the old ones', {
        error: messageOf(error),
      });
    }
    return current;
  }

  return {
    access: async () => {
      if (reading === undefined && !refused && now() - readAt < maxAge) return current;
      reading ??= readAnew().finally(() => {
        reading = undefined;
      });
      return reading;
    },
    refresh: (used) => {
      if (used === current && reading === undefined) refused = true;
    },
  };
}

function sameTls(one: TlsSettings, other: TlsSettings): boolean {
  return (
    one.ca === other.ca &&
    one.cert === other.cert &&
    one.key === other.key &&
    one.servername === other.servername &&
    one.rejectUnauthorized === other.rejectUnauthorized
  );
}
