/** What workers hold in memory and learn without a reload: endpoints and certificates. */
import { DEFAULT_BACKEND_STATUS } from './constants.ts';
import type { Backend, Graph, HostCertificate } from '../graph/graph.ts';
import type { LiveState } from './model.ts';

export interface LiveBuilder {
  build(graph: Graph): LiveState;
}

/** The value of a host that has TLS but no usable certificate of its own. */
export const DEFAULT_CERTIFICATE = '-';

export function createLiveBuilder(): LiveBuilder {
  const values = new WeakMap<Backend, string>();

  function valueOf(backend: Backend): string {
    const known = values.get(backend) ?? JSON.stringify(describeBackend(backend));
    values.set(backend, known);
    return known;
  }

  return {
    build(graph) {
      const live = new Map<string, string>();
      for (const backend of graph.backends) live.set(`backend:${backend.name}`, valueOf(backend));
      for (const entry of graph.certificates) addCertificate(live, entry);
      if (graph.defaultCertificate !== null) {
        addCertificate(live, { host: '_', certificate: graph.defaultCertificate, problems: [] });
      }
      return live;
    },
  };
}

function addCertificate(live: Map<string, string>, { host, certificate }: HostCertificate): void {
  live.set(`host:${host}`, certificate?.key ?? DEFAULT_CERTIFICATE);
  if (certificate !== null) live.set(`certificate:${certificate.key}`, certificate.pem);
}

/** The document that nginx/lua/tidegate/live.lua decodes. */
function describeBackend(backend: Backend): Readonly<Record<string, unknown>> {
  const { target, ref } = backend;
  const service = ref === null ? {} : { service: `${ref.namespace}/${ref.service}`, port: ref.port };
  if (target.kind === 'external') return { ...service, external: target.host, externalPort: target.port };
  const unanswered = ref === null && target.endpoints.length === 0 ? { status: DEFAULT_BACKEND_STATUS } : {};
  return { ...service, endpoints: target.endpoints, ...unanswered };
}
