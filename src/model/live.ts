/** What workers hold in memory and learn without a reload: endpoints and certificates. */
import type { Backend, Graph, HostCertificate } from '../graph/graph.ts';
import { each } from '../lib/slices.ts';
import type { Sliced } from '../lib/slices.ts';
import { describeBackend } from './live-backend.ts';
import type { NameOf } from './live-backend.ts';
import type { LiveState } from './model.ts';

export interface LiveBuilder {
  build(graph: Graph): Sliced<LiveState>;
}

/** The value of a host that has TLS but no usable certificate of its own. */
export const DEFAULT_CERTIFICATE = '-';

export function createLiveBuilder(): LiveBuilder {
  const values = new WeakMap<Backend, string>();

  function valueOf(backend: Backend, nameOf: NameOf): string {
    // Names of other backends stand in routes, and may change without this one.
    if (backend.routes.length > 0) return describeBackend(backend, nameOf);
    const known = values.get(backend) ?? describeBackend(backend, nameOf);
    values.set(backend, known);
    return known;
  }

  return {
    *build(graph) {
      const live = new Map<string, string>();
      yield* each(graph.backends, (backend) => {
        live.set(`backend:${backend.name}`, valueOf(backend, graph.backendName));
      });
      yield* each(graph.certificates, (entry) => addCertificate(live, entry));
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
