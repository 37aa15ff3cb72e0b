/** Sessions, tickets and parameters of TLS that all hosts share. */
import type { Settings } from '../config/settings/table.ts';
import type { Graph } from '../graph/graph.ts';
import type { HttpTls } from './model.ts';
import { sideFile } from './side-files.ts';

export function httpTls(graph: Pick<Graph, 'dhParameters'>, settings: Settings): HttpTls {
  const key = settings.sslSessionTicketKey;
  return {
    sessionZone: 'SSL',
    ticketKey: key === null ? null : sideFile(Buffer.from(key, 'base64'), '.key'),
    dhParam: graph.dhParameters === null ? null : sideFile(Buffer.from(graph.dhParameters), '.pem'),
  };
}
