/** Certificates, problems, quarantine. */
import type { StandIn } from '../cluster/quarantine-view.ts';
import { expiry, hostLink, problemTable } from './cells.ts';
import type { Context, GraphContext } from './context.ts';
import { html } from '../lib/html.ts';
import type { Html } from '../lib/html.ts';
import { listing, table } from './layout.ts';
import type { Asked, Page } from './layout.ts';
import type { CertificateRow } from './lookups.ts';
import { search } from './search.ts';

export function certificatesPage({ graph, lookups, now }: GraphContext, asked: Asked): Page | Html {
  const rows = lookups.certificates(graph);
  return listing({
    path: '/certificates',
    title: 'Certificates',
    asked,
    hint: 'by Secret, name or host',
    nouns: ['certificate', 'certificates'],
    found: search(rows, asked.q),
    total: rows.length,
    print: (items) =>
      table({
        caption: 'Certificates, those that expire first at the top',
        heads: ['Secret', 'Expires', 'Names', 'Hosts'],
        rows: items.map((row) => [
          row.certificate?.key ?? 'generated default certificate',
          row.certificate === null ? 'made anew at each start' : expiry(row.certificate.expires, now()),
          some(row.certificate?.names ?? []),
          hostsCell(row),
        ]),
        empty: 'There is no such certificate.',
      }),
  });
}

const FEW = 5;

function hostsCell({ hosts }: CertificateRow): Html {
  const links = hosts.slice(0, FEW).map((host) => html`${hostLink(host)} `);
  return html`${links}${hosts.length > FEW ? `and ${(hosts.length - FEW).toLocaleString('en')} more` : null}`;
}

function some(names: readonly string[]): string {
  const more = names.length > FEW ? ` and ${names.length - FEW} more` : '';
  return names.slice(0, FEW).join(', ') + more;
}

export function problemsPage(context: GraphContext, asked: Asked): Page | Html {
  const rows = context.lookups.problems(context.graph);
  return listing({
    path: '/problems',
    title: 'Problems',
    asked,
    hint: 'by object, field, code or words',
    nouns: ['problem', 'problems'],
    found: search(rows, asked.q),
    total: rows.length,
    print: (items) =>
      problemTable(
        context,
        items.map(({ problem }) => problem),
        { caption: 'Problems with objects', empty: 'There is no such problem.' },
      ),
  });
}

const effects: Readonly<Record<StandIn, string>> = {
  'last-good': 'its last good version',
  confined: 'its paths answer 503',
  'left-out': 'nothing of it is in force',
};

export function quarantinePage({ quarantined }: Context): Page {
  const rows = quarantined().map(({ item, message, standIn, since }) => [
    `${item.kind === 'setting' ? 'ConfigMap key' : item.kind} ${item.key}`,
    message,
    effects[standIn],
    since,
  ]);
  return {
    title: 'Quarantine',
    section: '/quarantine',
    body: html`<p>
        Objects that nginx refuses. Each leaves by itself when it is corrected; everything else is served
        meanwhile.
      </p>
      ${table({
        caption: 'Objects in quarantine',
        heads: ['Object', 'What nginx says', 'Instead of it', 'Since'],
        rows,
        empty: 'Nothing is in quarantine.',
      })}`,
  };
}
