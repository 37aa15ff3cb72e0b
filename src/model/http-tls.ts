/** Sessions, tickets and parameters of TLS that all hosts share. */
import { createHash, hkdfSync } from 'node:crypto';
import type { Settings } from '../config/settings/table.ts';
import type { Graph } from '../graph/graph.ts';
import type { HttpTls, Server, ServerTls } from './model.ts';
import { sideFile } from './side-files.ts';

/** What some servers mean for the settings that all share. */
export interface TlsFacts {
  /** What is asked of clients' certificates, a text for each host that asks. */
  readonly demands: readonly string[];
  /** Whether the default server, from which nginx takes settings for all, has some of its own. */
  readonly changesDefault: boolean;
}

export function tlsFactsOf(servers: readonly Server[]): TlsFacts {
  return {
    demands: servers.flatMap(({ host, tls }) => demandOf(host, tls)),
    changesDefault: servers.some(({ name, tls }) => name.kind === 'catch-all' && tls !== null),
  };
}

/** @param facts of all servers: a session must not outlive what a client was asked for when it began. */
export function httpTls(
  graph: Pick<Graph, 'dhParameters'>,
  settings: Settings,
  facts: readonly TlsFacts[],
): HttpTls {
  const key = settings.sslSessionTicketKey;
  const demands = digestOf(facts.flatMap((part) => part.demands));
  return {
    sessionZone: demands === '' ? 'SSL' : `SSL_${demands}`,
    contexts: settings.enableOcsp || facts.some((part) => part.changesDefault) ? 'own' : 'shared',
    ticketKey: key === null ? null : sideFile(ticketKey(Buffer.from(key, 'base64'), demands), '.key'),
    dhParam: graph.dhParameters === null ? null : sideFile(Buffer.from(graph.dhParameters), '.pem'),
  };
}

/** A short text that changes with any of the demands; empty when there are none. */
function digestOf(demands: readonly string[]): string {
  return demands.length === 0
    ? ''
    : createHash('sha256').update(demands.join('\n')).digest('hex').slice(0, 16);
}

function demandOf(host: string, tls: ServerTls | null): readonly string[] {
  const clients = tls?.clients ?? null;
  if (clients === null) return [];
  const { authority, revoked, verify, depth } = clients;
  const digest = createHash('sha256')
    .update(authority.content)
    .update(revoked?.content ?? '');
  return [`${host} ${verify} ${depth} ${digest.digest('hex')}`];
}

/** The same in all replicas, and another one when old tickets must not count any more. */
function ticketKey(key: Buffer, demands: string): Buffer {
  return demands === '' ? key : Buffer.from(hkdfSync('sha256', key, '', demands, key.length));
}
