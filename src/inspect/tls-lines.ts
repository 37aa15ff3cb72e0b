import type { Server } from '../model/model.ts';
import { certificateOf } from './certificate.ts';
import type { ExplainContext } from './context.ts';

export function tlsLines(
  server: Server,
  host: string,
  { wanted: { graph } }: ExplainContext,
): readonly string[] {
  const passed = graph.passthrough.find((entry) => entry.host === host);
  if (passed !== undefined)
    return [
      `TLS       handed on undecrypted to ${graph.backendName(passed.backend)}; what follows holds for plain HTTP`,
    ];
  const clients = server.tls?.clients ?? null;
  const asked = clients === null ? [] : [`  asks    clients for certificates (${clients.verify})`];
  return [`TLS       ${certificateText(graph, host, server)}`, ...asked];
}

function certificateText(graph: ExplainContext['wanted']['graph'], host: string, server: Server): string {
  const entry = certificateOf(graph, host) ?? certificateOf(graph, server.host);
  const fallback =
    graph.defaultCertificate === null
      ? 'the generated default certificate'
      : `the default certificate of Secret ${graph.defaultCertificate.key}`;
  if (entry === undefined) return `${fallback}: no Ingress in force has the host in spec.tls`;
  if (entry.certificate === null)
    return `${fallback}${entry.problems.map(({ message }) => `; ${message}`).join('')}`;
  const { key, expires } = entry.certificate;
  return `certificate of Secret ${key}, valid until ${new Date(expires).toISOString()}`;
}
