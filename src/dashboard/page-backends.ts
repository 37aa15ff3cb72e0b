import type { Backend, Balancing } from '../graph/graph.ts';
import { endpointsCell, hostLink, ingressCell, problemTable } from './cells.ts';
import type { GraphContext } from './context.ts';
import { html, urlOf } from '../lib/html.ts';
import type { Html } from '../lib/html.ts';
import { count, facts, link, listing, table } from './layout.ts';
import type { Asked, Page } from './layout.ts';
import { serviceText } from './lookups.ts';
import { search } from './search.ts';

export function backendsPage({ graph, lookups }: GraphContext, asked: Asked): Page | Html {
  const rows = lookups.backends(graph);
  return listing({
    path: '/backends',
    title: 'Backends',
    asked,
    hint: 'by name, Service or address',
    nouns: ['backend', 'backends'],
    found: search(rows, asked.q),
    total: rows.length,
    print: (items) =>
      table({
        caption: 'Backends',
        heads: ['Backend', 'Service', 'Endpoints', 'Draining', 'Choice', 'Problems'],
        rows: items.map(({ backend }) => [
          link(urlOf(['backends', backend.name]), backend.name),
          serviceText(backend.ref),
          endpointsCell(backend),
          drainingOf(backend).length,
          choiceOf(backend),
          backend.problems.length === 0 ? 'none' : count(backend.problems.length, ['problem', 'problems']),
        ]),
        empty: 'There is no such backend.',
      }),
  });
}

/** What is shown of one, at most. */
const MOST = 500;

/** Null for one that does not exist. */
export async function backendPage(context: GraphContext, name: string): Promise<Page | null> {
  const { graph, lookups } = context;
  const backend = lookups.backendNamed(graph).get(name);
  if (backend === undefined) return null;
  const routes = await lookups.routesTo(graph, name);
  const { target } = backend;
  const serving = target.kind === 'endpoints' ? target.endpoints : [`${target.host}:${target.port}`];
  const places = [
    ...serving.map((place) => [
      place,
      target.kind === 'endpoints' ? 'serves' : 'external, looked up when needed',
    ]),
    ...drainingOf(backend).map((place) => [place, 'draining: only for sessions that are with it']),
  ];
  const body = html`${facts([
      ['Service', serviceText(backend.ref)],
      ['Choice of endpoints', choiceOf(backend)],
      ['Sessions', backend.affinity === null ? 'not kept' : `kept by cookie, ${backend.affinity.mode}`],
    ])}
    <h2>Endpoints</h2>
    ${table({
      caption: `Endpoints: ${places.length}${places.length > MOST ? `, of which ${MOST} are shown` : ''}`,
      heads: ['Address', 'State'],
      rows: places.slice(0, MOST),
      empty: 'None: requests are answered with 503.',
    })}
    <h2>Paths</h2>
    ${table({
      caption: `Paths that lead here: ${routes.length}${routes.length > MOST ? `, of which ${MOST} are shown` : ''}`,
      heads: ['Host', 'Path', 'Ingress'],
      rows: routes
        .slice(0, MOST)
        .map(({ host, path }) => [hostLink(host.name), html`<code>${path.path}</code>`, ingressCell(path)]),
      empty: 'None; it may be a canary, or a stand-in.',
    })}
    <h2>Problems</h2>
    ${problemTable(context, backend.problems, { caption: 'Problems of this backend', empty: 'No problems.' })}`;
  return { title: backend.name, section: '/backends', body };
}

function drainingOf({ target }: Backend): readonly string[] {
  return target.kind === 'endpoints' ? target.draining : [];
}

function choiceOf({ balancing }: { readonly balancing: Balancing }): string {
  if (balancing.hashBy !== null) return 'by a hash of the request';
  return balancing.algorithm ?? 'as the ConfigMap says';
}
