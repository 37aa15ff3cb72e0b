/** What pages look up in a graph; each part is made when somebody asks for it, and again only when that part of the graph is another one. */
import type { Backend, BackendRef, Certificate, Graph, GraphHost, HostPath } from '../graph/graph.ts';
import type { Problem } from '../graph/problems.ts';
import { perChunkInSlices } from '../lib/chunks.ts';
import { keyOf } from '../lib/keys.ts';
import { memoizeLast } from '../lib/memo.ts';
import { inSlices } from '../lib/slices.ts';
import { searchText } from './search.ts';
import type { Searchable } from './search.ts';

/** A path of a host. */
export interface RouteRow extends Searchable {
  readonly host: GraphHost;
  readonly path: HostPath;
}

export interface BackendRow extends Searchable {
  readonly backend: Backend;
}

export interface ProblemRow extends Searchable {
  readonly problem: Problem;
}

/** A certificate and the hosts that serve it; null: the default one. */
export interface CertificateRow extends Searchable {
  readonly certificate: Certificate | null;
  readonly hosts: readonly string[];
}

export interface Lookups {
  routes(graph: Graph): Promise<readonly RouteRow[]>;
  hosts(graph: Graph): ReadonlyMap<string, GraphHost>;
  backends(graph: Graph): readonly BackendRow[];
  backendNamed(graph: Graph): ReadonlyMap<string, Backend>;
  /** Paths that lead to a backend. */
  routesTo(graph: Graph, name: string): Promise<readonly RouteRow[]>;
  problems(graph: Graph): readonly ProblemRow[];
  /** By `Kind namespace/name`. */
  problemsOf(graph: Graph): ReadonlyMap<string, readonly Problem[]>;
  /** Undefined: no TLS; null: the default certificate. */
  certificateOf(graph: Graph): ReadonlyMap<string, Certificate | null>;
  certificates(graph: Graph): readonly CertificateRow[];
}

export function createLookups(tell: (problem: Problem) => string): Lookups {
  const rowsOf = perChunkInSlices(rowsOfHosts);
  const routes = memoizeLast(
    async (graph: Graph) => (await inSlices(rowsOf(graph.hosts))).flat(),
    ({ hosts }) => [hosts],
  );
  const backendNamed = memoizeLast(
    ({ backends }: Graph) => new Map(backends.map((backend) => [backend.name as string, backend])),
    ({ backends }) => [backends],
  );
  const problems = memoizeLast(
    (graph: Graph) => graph.problems.map((problem) => problemRow(problem, tell(problem))),
    (graph) => [graph.problems],
  );
  const problemsOf = memoizeLast(
    (graph: Graph) => Map.groupBy(graph.problems, ({ object }) => nameOf(object)),
    (graph) => [graph.problems],
  );
  return {
    routes,
    hosts: memoizeLast(
      ({ hosts }) => new Map(hosts.map((host) => [host.name as string, host])),
      ({ hosts }) => [hosts],
    ),
    backends: memoizeLast(
      ({ backends }) => backends.map(backendRow),
      ({ backends }) => [backends],
    ),
    backendNamed,
    routesTo: async (graph, name) =>
      (await routes(graph)).filter(({ path }) => graph.backendName(path.backend) === name),
    problems,
    problemsOf,
    certificateOf: memoizeLast(
      ({ certificates }) => new Map(certificates.map(({ host, certificate }) => [host, certificate])),
      ({ certificates }) => [certificates],
    ),
    certificates: memoizeLast(certificateRows, ({ certificates, defaultCertificate }) => [
      certificates,
      defaultCertificate,
    ]),
  };
}

/** `Kind namespace/name` */
export function nameOf(object: { readonly kind: string; readonly namespace: string; readonly name: string }) {
  return `${object.kind} ${keyOf(object)}`;
}

/** The Service of a reference, with its port. */
export function serviceText(ref: BackendRef | null): string {
  if (ref === null) return 'default backend';
  return `${ref.namespace}/${ref.service}${ref.port === '' ? '' : `:${ref.port}`}`;
}

function* rowsOfHosts(hosts: readonly GraphHost[]) {
  const rows: RouteRow[] = [];
  for (const host of hosts) {
    for (const path of host.paths) {
      const owner = path.owner === null ? '' : keyOf(path.owner);
      const service = path.backend === null ? '' : serviceText(path.backend);
      rows.push({ host, path, text: searchText(host.name, ...host.aliases, path.path, owner, service) });
    }
    yield;
  }
  return rows;
}

function backendRow(backend: Backend): BackendRow {
  const { name, ref, target } = backend;
  const places = target.kind === 'endpoints' ? target.endpoints : [target.host];
  return { backend, text: searchText(name, serviceText(ref), ...places) };
}

function problemRow(problem: Problem, message: string): ProblemRow {
  const { object, code, severity, field } = problem;
  return { problem, text: searchText(nameOf(object), code, severity, field, message) };
}

function certificateRows({ certificates, defaultCertificate }: Graph): readonly CertificateRow[] {
  const hosts = new Map<Certificate | null, string[]>([[defaultCertificate, []]]);
  for (const { host, certificate } of certificates) {
    const served = certificate ?? defaultCertificate;
    const known = hosts.get(served);
    if (known === undefined) hosts.set(served, [host]);
    else known.push(host);
  }
  const rows = Array.from(hosts, ([certificate, served]) => ({
    certificate,
    hosts: served,
    text: searchText(certificate?.key ?? 'generated', ...(certificate?.names ?? []), ...served),
  }));
  const end = ({ certificate }: CertificateRow) => certificate?.expires ?? Infinity;
  return rows.sort((a, b) => (end(a) === end(b) ? 0 : end(a) - end(b)));
}
