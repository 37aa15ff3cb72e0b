/** Certificates that end soon, or have ended: they are served all the same, so somebody must be told. */
import type { Logger } from '../lib/log.ts';

/** What of a host's certificate matters here. */
export interface Served {
  readonly host: string;
  readonly certificate: { readonly key: string; readonly expires: number } | null;
}

/** Milliseconds. */
const SOON = 240 * 3_600_000;
/** Between two looks at certificates that are the same. */
const AGAIN = 3_600_000;

/** A look at the certificates that are served; each is told about once when it ends soon, and once when it has ended. */
export function createExpiryWatch(log: Logger, now: () => number): (served: readonly Served[]) => void {
  let told: ReadonlySet<string> = new Set();
  let last: { readonly served: readonly Served[]; readonly time: number } | null = null;
  return (served) => {
    const time = now();
    // Most changes are of endpoints.
    if (last?.served === served && time - last.time < AGAIN) return;
    last = { served, time };
    const due = new Map<string, Served & { readonly state: 'expired' | 'about to expire' }>();
    for (const entry of served) {
      const { certificate } = entry;
      if (certificate === null || certificate.expires - time >= SOON) continue;
      const state = certificate.expires <= time ? 'expired' : 'about to expire';
      const id = `${certificate.key} ${certificate.expires} ${state}`;
      if (!due.has(id)) due.set(id, { ...entry, state });
    }
    for (const [id, { host, certificate, state }] of due) {
      if (told.has(id) || certificate === null) continue;
      log.warn(`SSL certificate is ${state}`, {
        host,
        secret: certificate.key,
        until: new Date(certificate.expires).toISOString(),
      });
    }
    told = new Set(due.keys());
  };
}
