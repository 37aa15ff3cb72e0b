import type { CanaryRoute, GraphHost, HostPath } from '../graph/graph.ts';
import { keyOf } from '../lib/keys.ts';
import {
  backendCell,
  certificateCell,
  endpointsCell,
  hostLink,
  ingressCell,
  problemTable,
  problemsAt,
} from './cells.ts';
import type { GraphContext } from './context.ts';
import { html, urlOf } from '../lib/html.ts';
import type { Content, Html } from '../lib/html.ts';
import { count, facts, link, listing, mark, table } from './layout.ts';
import type { Asked, Page } from './layout.ts';
import type { RouteRow } from './lookups.ts';
import { search } from './search.ts';

export async function hostsPage(context: GraphContext, asked: Asked): Promise<Page | Html> {
  const { graph, lookups } = context;
  const rows = await lookups.routes(graph);
  return listing({
    path: '/hosts',
    title: 'Hosts and paths',
    asked,
    hint: 'by host, path, Ingress or Service',
    nouns: ['path', 'paths'],
    found: search(rows, asked.q),
    total: rows.length,
    print: (items) =>
      table({
        caption: 'Paths of hosts',
        heads: ['Host', 'Path', 'Type', 'Ingress', 'Backend', 'Endpoints', 'Certificate', 'Problems'],
        rows: items.map((row) => cellsOf(context, row)),
        empty: 'There is no such path.',
      }),
  });
}

function cellsOf(context: GraphContext, { host, path }: RouteRow): readonly Content[] {
  const { graph, lookups, now } = context;
  return [
    hostLink(host.name),
    html`<code>${path.path}</code>`,
    path.type,
    ingressCell(path),
    backendCell(graph, path.backend),
    endpointsCell(lookups.backendNamed(graph).get(graph.backendName(path.backend))),
    certificateCell(lookups.certificateOf(graph).get(host.name), now()),
    problemsCell(context, host, path),
  ];
}

function problemsCell(context: GraphContext, host: GraphHost, path: HostPath): Content {
  const problems = problemsAt(context, { path, problems: host.problems });
  if (problems.length === 0) return 'none';
  return link(urlOf(['hosts', host.name]), count(problems.length, ['problem', 'problems']));
}

/** Null for a host that does not exist. */
export function hostPage(context: GraphContext, name: string): Page | null {
  const { graph, lookups, now, totals } = context;
  const host = lookups.hosts(graph).get(name);
  if (host === undefined) return null;
  const problems = [
    ...new Set(host.paths.flatMap((path) => problemsAt(context, { path, problems: host.problems }))),
  ];
  const requests = totals()?.hosts.get(name);
  const body = html`${facts([
      ['Certificate', certificateCell(lookups.certificateOf(graph).get(name), now())],
      ['Aliases', host.aliases.length === 0 ? 'none' : host.aliases.join(', ')],
      ['Matching', host.matching === 'regex' ? 'all paths are regular expressions' : 'plain paths'],
      ['Requests so far', requests === undefined ? 'none counted' : requests.toLocaleString('en')],
    ])}
    <h2>Paths</h2>
    ${table({
      caption: 'Paths in the order in which they are looked at',
      heads: ['Path', 'Type', 'Ingress', 'State', 'Backend', 'Endpoints', 'Canaries'],
      rows: host.paths.map((path) => pathCells(context, host, path)),
      empty: 'This host has no paths.',
    })}
    <h2>Annotations in force</h2>
    ${annotationTable(context, host)}
    <h2>Problems</h2>
    ${problemTable(context, problems, {
      caption: 'Problems of this host, its Ingresses and backends',
      empty: 'No problems.',
    })}`;
  return { title: name === '_' ? 'All other hosts' : name, section: '/hosts', body };
}

function pathCells({ graph, lookups }: GraphContext, host: GraphHost, path: HostPath): readonly Content[] {
  const backend = lookups.backendNamed(graph).get(graph.backendName(path.backend));
  const routes = (backend?.routes ?? []).filter(
    (route) => route.host === host.name && route.path === path.path && route.kind === path.kind,
  );
  return [
    html`<code>${path.path}</code>`,
    path.type,
    ingressCell(path),
    stateCell(path),
    backendCell(graph, path.backend),
    endpointsCell(backend),
    routes.length === 0 ? 'none' : routes.map((route) => canaryCell(graph.backendName, route)),
  ];
}

function stateCell({ owner }: HostPath): Content {
  if (owner === null || owner.state === 'accepted') return 'in force';
  return mark('bad', owner.state === 'denied' ? 'answers 503: refused' : 'answers 503: in quarantine');
}

function canaryCell(nameOf: GraphContext['graph']['backendName'], { canaries }: CanaryRoute): Content {
  return canaries.map(({ backend, rules }) => {
    const name = nameOf(backend);
    const words = [
      ...(rules.header === null ? [] : [`header ${rules.header}`]),
      ...(rules.cookie === null ? [] : [`cookie ${rules.cookie}`]),
      `weight ${rules.weight} of ${rules.weightTotal}`,
    ];
    return html`<p>${link(urlOf(['backends', name]), name)}: ${words.join(', ')}</p>`;
  });
}

function annotationTable({ annotations }: GraphContext, host: GraphHost): Html {
  const owners = new Set(host.paths.flatMap(({ owner }) => (owner === null ? [] : [owner])));
  const rows = Array.from(owners).flatMap((owner) =>
    annotations
      .inForce(owner)
      .map(({ name, value }) => [
        keyOf(owner),
        html`<code>${name}</code>`,
        value === null ? 'set, not shown' : html`<code>${value}</code>`,
      ]),
  );
  return table({
    caption: 'Annotations of the Ingresses of this host',
    heads: ['Ingress', 'Annotation', 'Value as it is understood'],
    rows,
    empty: 'None.',
  });
}
