/** The table of `ingresses` (compat/kubectl-plugin.md). */
import type { BackendShape, IngressShape, SliceShape } from './objects.ts';
import { formatTable } from './table.ts';

export interface IngressRow {
  readonly namespace: string;
  readonly name: string;
  readonly host: string;
  readonly path: string;
  readonly addresses: string;
  readonly tls: 'YES' | 'NO';
  readonly service: string;
  readonly port: string;
}

/** One for each path of a rule, one for a rule without paths, one for an Ingress that is only a default backend. */
export function rowsOf(ingress: IngressShape): readonly IngressRow[] {
  const { metadata, spec = {}, status } = ingress;
  const addresses = (status?.loadBalancer?.ingress ?? [])
    .flatMap(({ ip, hostname }) => [ip, hostname])
    .filter((text) => text !== undefined && text !== '')
    .join(',');
  const rules = spec.rules ?? [];
  const row = (host: string, path: string, backend: BackendShape | undefined): IngressRow => ({
    namespace: metadata.namespace,
    name: metadata.name,
    host,
    path,
    addresses,
    tls: (spec.tls ?? []).some(({ hosts }) => (hosts ?? []).includes(host)) ? 'YES' : 'NO',
    ...serviceOf(backend),
  });
  if (rules.length === 0) return spec.defaultBackend === undefined ? [] : [row('*', '', spec.defaultBackend)];
  return rules.flatMap(({ host = '', http }) =>
    http === undefined || http === null
      ? [row(host, '', spec.defaultBackend)]
      : (http.paths ?? []).map(({ path = '', backend }) => row(host, path, backend)),
  );
}

function serviceOf(backend: BackendShape | undefined): Pick<IngressRow, 'service' | 'port'> {
  if (backend === undefined) return { service: '', port: '' };
  const { service } = backend;
  if (service === undefined) return { service: '', port: '0' };
  const { number = 0, name = '' } = service.port ?? {};
  return { service: service.name, port: number === 0 && name !== '' ? name : String(number) };
}

/** Addresses of a Service in all of its slices, whether they are ready or not; null when it has none. */
export type CountEndpoints = (namespace: string, service: string) => number | null;

export function countIn(slices: readonly SliceShape[]): CountEndpoints {
  const counts = new Map<string, number>();
  for (const { metadata, endpoints } of slices) {
    const key = `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name'] ?? ''}`;
    const addresses = (endpoints ?? []).reduce((sum, endpoint) => sum + (endpoint.addresses ?? []).length, 0);
    counts.set(key, (counts.get(key) ?? 0) + addresses);
  }
  return (namespace, service) => counts.get(`${namespace}/${service}`) ?? null;
}

const COLUMNS = ['INGRESS NAME', 'HOST+PATH', 'ADDRESSES', 'TLS', 'SERVICE', 'SERVICE PORT', 'ENDPOINTS'];

export function ingressTable(
  rows: readonly IngressRow[],
  count: CountEndpoints,
  scope: 'one namespace' | 'all namespaces',
): string {
  const withNamespace = (namespace: string, cells: readonly string[]) =>
    scope === 'all namespaces' ? [namespace, ...cells] : cells;
  return formatTable([
    withNamespace('NAMESPACE', COLUMNS),
    ...rows.map(({ namespace, name, host, path, addresses, tls, service, port }) =>
      withNamespace(namespace, [
        name,
        `${host}${path}`,
        addresses,
        tls,
        service,
        port,
        String(count(namespace, service) ?? 'N/A'),
      ]),
    ),
  ]);
}
