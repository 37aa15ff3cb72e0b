import type { GraphHost, Host, HostClientAuth } from '../graph/graph.ts';
import type { Literal } from '../text/safe.ts';
import { serverErrors } from './errors.ts';
import { buildLocations } from './locations.ts';
import type { LocationContext } from './locations.ts';
import { appRootOf } from './redirects.ts';
import type { NameHash, RedirectServer, Server, ServerName } from './model.ts';
import { serverTls } from './server-tls.ts';

const NO_POLICIES: Server['policies'] = Object.freeze([]);

/** @param clientAuth null for hosts that ask no client for a certificate. */
export function buildServer(
  host: GraphHost,
  clientAuth: HostClientAuth | null,
  context: LocationContext,
): Server {
  const open = clientAuth?.state !== 'broken';
  const locations = open ? buildLocations(host, context) : [];
  return Object.freeze({
    host: host.name as string as Literal,
    name: serverName(host.name),
    aliases: host.aliases,
    answer: open ? 'locations' : 'forbidden',
    tls: serverTls(host, clientAuth),
    subject: clientAuth?.annotations?.subject ?? null,
    appRoot: appRootOf(host),
    locations: Object.freeze(locations),
    policies: NO_POLICIES,
    errors: serverErrors(
      context.settings,
      context.backendName(null),
      locations.map(({ errors }) => errors),
    ),
  });
}

function serverName(host: Host): ServerName {
  if (host === '_') return { kind: 'catch-all' };
  if (!host.startsWith('*.')) return { kind: 'exact', name: host };
  return { kind: 'wildcard', name: host };
}

/** Sizes of nginx's table of names (compat/behaviour.md 14.3): the longest must fit, and all of them must. */
export function nameHash(servers: readonly Server[], redirects: readonly RedirectServer[]): NameHash {
  let longest = 0;
  let total = 0;
  const names = servers.flatMap(({ host, aliases }) => [host, ...aliases]);
  for (const name of [...names, ...redirects.map(({ from }) => from)]) {
    longest = Math.max(longest, name.length);
    total += name.length;
  }
  const aligned = Math.ceil((longest + 2) / 8) * 8;
  return { bucketSize: powerOfTwo(Math.max(64, 16 + aligned)), maxSize: powerOfTwo(Math.max(1024, total)) };
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}
