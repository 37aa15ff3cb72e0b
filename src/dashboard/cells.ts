/** Cells that several tables have. */
import type { Backend, Certificate, Graph, HostPath } from '../graph/graph.ts';
import type { Problem } from '../graph/problems.ts';
import { keyOf } from '../lib/keys.ts';
import type { GraphContext } from './context.ts';
import { NOTHING, html, urlOf } from '../lib/html.ts';
import type { Content, Html } from '../lib/html.ts';
import { count, link, mark, table, time } from './layout.ts';
import { nameOf, serviceText } from './lookups.ts';

const DAY = 86_400_000;
const SOON = 30;

export function hostLink(name: string): Html {
  return link(urlOf(['hosts', name]), name === '_' ? '_ (all other hosts)' : name);
}

export function backendCell(graph: Graph, ref: HostPath['backend']): Html {
  const name = graph.backendName(ref);
  return html`${link(urlOf(['backends', name]), name)} <span class="note">${serviceText(ref)}</span>`;
}

export function endpointsCell(backend: Backend | undefined): Content {
  if (backend === undefined) return '–';
  const { target } = backend;
  if (target.kind === 'external') return `external: ${target.host}:${target.port}`;
  return target.endpoints.length === 0 ? mark('bad', 'none') : target.endpoints.length;
}

/** @param certificate undefined: no TLS; null: the default one. */
export function certificateCell(certificate: Certificate | null | undefined, now: number): Content {
  if (certificate === undefined) return 'no TLS';
  return certificate === null ? 'default certificate' : expiry(certificate.expires, now);
}

export function expiry(expires: number, now: number): Content {
  const days = Math.floor((expires - now) / DAY);
  if (expires <= now) return html`${mark('bad', 'expired')} ${time(expires)}`;
  const word = days < SOON ? html`${mark('soon', 'soon:')} ` : NOTHING;
  return html`${word}${time(expires)} (${count(days, ['day', 'days'])} left)`;
}

export function ingressCell({ owner }: Pick<HostPath, 'owner'>): Content {
  return owner === null ? 'nobody' : keyOf(owner);
}

/** What is wrong about a path, wherever it was found. */
export function problemsAt(
  { graph, lookups }: GraphContext,
  { path, problems }: { readonly path: HostPath; readonly problems: readonly Problem[] },
): readonly Problem[] {
  const backend = lookups.backendNamed(graph).get(graph.backendName(path.backend));
  const ofOwner = path.owner === null ? [] : (lookups.problemsOf(graph).get(nameOf(path.owner.ref)) ?? []);
  return [...new Set([...problems, ...ofOwner, ...(backend?.problems ?? [])])];
}

export function problemTable(
  { annotations }: Pick<GraphContext, 'annotations'>,
  problems: readonly Problem[],
  words: { readonly caption: string; readonly empty: string },
): Html {
  return table({
    ...words,
    heads: ['Object', 'Effect', 'Field', 'What is wrong', 'Code'],
    rows: problems.map((problem) => [
      nameOf(problem.object),
      problem.severity === 'warning' ? 'warning' : mark('bad', problem.severity),
      html`<code>${problem.field === '' ? '–' : problem.field}</code>`,
      annotations.message(problem),
      html`<code>${problem.code}</code>`,
    ]),
  });
}
