import type { GraphHost, Host, HostClientAuth, ParsedIngress } from '../graph/graph.ts';
import type { Literal } from '../text/safe.ts';
import { serverErrors } from './errors.ts';
import { buildLocations } from './locations.ts';
import type { LocationContext } from './locations.ts';
import { appRootOf, appRootOwner } from './redirects.ts';
import type { HttpModel, Server, ServerName, ServerTopic } from './model.ts';
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
  const endpoints = context.backendTls.ofHost(host);
  return Object.freeze({
    host: host.name as string as Literal,
    name: serverName(host.name),
    aliases: host.aliases,
    answer: open ? 'locations' : 'forbidden',
    tls: serverTls(host, clientAuth),
    backendTls: open ? endpoints.settings : null,
    subject: clientAuth?.annotations?.subject ?? null,
    appRoot: appRootOf(host),
    snippets: open ? snippetsOf(host, context) : NO_SNIPPETS,
    locations: Object.freeze(locations),
    policies: NO_POLICIES,
    errors: serverErrors(
      context.settings,
      context.backendName(null),
      locations.map(({ errors }) => errors),
    ),
    owners: ownersOf(host, clientAuth, endpoints.owner),
  });
}

const NO_SNIPPETS: Server['snippets'] = Object.freeze({ before: null, after: null });

function snippetsOf({ snippet }: GraphHost, { settings }: LocationContext): Server['snippets'] {
  const after = settings.serverSnippet === '' ? null : settings.serverSnippet;
  return snippet === null && after === null ? NO_SNIPPETS : { before: snippet, after };
}

const NO_OWNERS: Server['owners'] = Object.freeze({});

function ownersOf(
  host: GraphHost,
  clientAuth: HostClientAuth | null,
  backendTls: ParsedIngress | null,
): Server['owners'] {
  const found: [ServerTopic, ParsedIngress | null | undefined][] = [
    ['names', host.aliasOwner],
    ['ciphers', host.ciphersOwner],
    ['preference', host.preferenceOwner],
    ['clients', clientAuth?.owner],
    ['appRoot', appRootOwner(host)],
    ['snippet', host.snippetOwner],
    ['backendTls', backendTls],
  ];
  const known = found.flatMap(([topic, owner]) =>
    owner ? [[topic, `${owner.namespace}/${owner.name}`]] : [],
  );
  return known.length === 0 ? NO_OWNERS : Object.freeze(Object.fromEntries(known));
}

function serverName(host: Host): ServerName {
  if (host === '_') return { kind: 'catch-all' };
  if (!host.startsWith('*.')) return { kind: 'exact', name: host };
  return { kind: 'wildcard', name: host };
}

/** Of the names of some servers. */
export interface NameLengths {
  readonly longest: number;
  readonly total: number;
}

export function lengthsOf(names: readonly string[]): NameLengths {
  let [longest, total] = [0, 0];
  for (const { length } of names) {
    longest = Math.max(longest, length);
    total += length;
  }
  return { longest, total };
}

/** Sizes of nginx's table of names (compat/behaviour.md 14.3): the longest must fit, and all of them must. */
export function nameHash(parts: readonly NameLengths[]): HttpModel['nameHash'] {
  const longest = parts.reduce((most, part) => Math.max(most, part.longest), 0);
  const total = parts.reduce((sum, part) => sum + part.total, 0);
  const aligned = Math.ceil((longest + 2) / 8) * 8;
  return { bucketSize: powerOfTwo(Math.max(64, 16 + aligned)), maxSize: powerOfTwo(Math.max(1024, total)) };
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}
