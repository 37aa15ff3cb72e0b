/** Sessions, tickets and parameters of TLS that all hosts share. */
import { createHash, hkdfSync } from 'node:crypto';
import type { Settings } from '../config/settings/table.ts';
import type { Graph } from '../graph/graph.ts';
import type { HttpTls, Server, ServerTls } from './model.ts';
import { sideFile } from './side-files.ts';

/** @param servers all of them: a session must not outlive what a client was asked for when it began. */
export function httpTls(
  graph: Pick<Graph, 'dhParameters'>,
  settings: Settings,
  servers: readonly Server[],
): HttpTls {
  const key = settings.sslSessionTicketKey;
  const demands = demandsOf(servers);
  return {
    sessionZone: demands === '' ? 'SSL' : `SSL_${demands}`,
    contexts: settings.enableOcsp || servers.some(changesDefault) ? 'own' : 'shared',
    ticketKey: key === null ? null : sideFile(ticketKey(Buffer.from(key, 'base64'), demands), '.key'),
    dhParam: graph.dhParameters === null ? null : sideFile(Buffer.from(graph.dhParameters), '.pem'),
  };
}

function changesDefault({ name, tls }: Server): boolean {
  return name.kind === 'catch-all' && tls !== null;
}

/** A short text that changes with anything that is asked of clients' certificates; empty when nothing is. */
function demandsOf(servers: readonly Server[]): string {
  const all = servers.flatMap(({ host, tls }) => demandOf(host, tls));
  return all.length === 0 ? '' : createHash('sha256').update(all.join('\n')).digest('hex').slice(0, 16);
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
