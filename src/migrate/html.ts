/** The report as one page that needs nothing else: no script, no font, no image. */
import { NOTHING, html, textOf } from '../lib/html.ts';
import type { Content, Html } from '../lib/html.ts';
import { surprises } from './report.ts';
import type { ControllerReport, Finding, IngressReport, Outcome, Report } from './report.ts';
import { outcomes } from './text.ts';

const STYLE = html`
  :root { color-scheme: light dark; } body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0
  auto; padding: 1rem; color: CanvasText; background: Canvas; } table { border-collapse: collapse; width:
  100%; } th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px
  solid GrayText; overflow-wrap: anywhere; } th:first-child, td:first-child { min-width: 7rem; } code { font:
  0.9em ui-monospace, monospace; } caption { text-align: left; font-weight: bold; padding: .5rem 0; } details
  { margin: .3rem 0; } summary { cursor: pointer; } .counts td { font-size: 1.4rem; }
`;

export function printHtml(report: Report): string {
  const { version, source, ingresses, hosts, settings, streams, controller, gaps } = report;
  const parts = [
    countsOf(report),
    ...gaps.map((gap) => html`<p>Not looked at: ${gap}</p>`),
    controller === null ? NOTHING : controllerOf(controller),
    ...(['refused', 'different', 'ignored', 'same', 'foreign'] as const).map((outcome) =>
      group(
        outcome,
        ingresses.filter((one) => one.outcome === outcome),
      ),
    ),
    hostsOf(hosts),
    snippetsOf(ingresses),
    sectionOf('ConfigMap', findingsOf('What its keys mean', settings), settings),
    sectionOf('TCP and UDP services', findingsOf('What is left out', streams), streams),
  ];
  return `<!doctype html>
${textOf(
  html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
      <title>From ingress-nginx to Tidegate</title>
      <style>
        ${STYLE}
      </style>
    </head>
    <body>
      <main>
        <h1>From ingress-nginx to Tidegate ${version}</h1>
        <p>Objects of ${source}</p>
        ${parts}
      </main>
    </body>
  </html> `,
)}`;
}

function sectionOf(title: string, body: Html, findings: readonly Finding[]): Html {
  return findings.length === 0
    ? NOTHING
    : html`<section>
        <h2>${title}</h2>
        ${body}
      </section>`;
}

function controllerOf({ name, place, taken, findings }: ControllerReport): Html {
  return html`<section>
    <h2>The controller that is replaced</h2>
    <p>${code(name)} ${place}</p>
    ${taken.length === 0 ? NOTHING : html`<p>Read with its flags ${taken.map((flag) => html`${code(flag)} `)}</p>`}
    ${findings.length === 0 ? NOTHING : findingsOf('What its arguments and mounts mean', findings)}
  </section>`;
}

interface Table {
  readonly caption: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly Content[])[];
}

function table({ caption, heads, rows }: Table): Html {
  return html`<table>
    <caption>
      ${caption}
    </caption>
    <thead>
      <tr>
        ${heads.map((head) => html`<th scope="col">${head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (cells) =>
          html`<tr>
            ${cells.map((cell) => html`<td>${cell}</td>`)}
          </tr> `,
      )}
    </tbody>
  </table>`;
}

const code = (text: string): Html => html`<code>${text}</code>`;

const COLUMNS: readonly (readonly [Outcome, string])[] = [
  ['same', 'the same'],
  ['different', 'with a difference'],
  ['ignored', 'with something ignored'],
  ['refused', 'refused'],
  ['foreign', 'of other controllers'],
];

function countsOf({ counts }: Report): Html {
  const heads = COLUMNS.map(([, title]) => title);
  const row = COLUMNS.map(([outcome]) => counts[outcome]);
  return html`<div class="counts">${table({ caption: 'Ingresses', heads, rows: [row] })}</div>`;
}

function group(outcome: Outcome, ingresses: readonly IngressReport[]): Html {
  if (ingresses.length === 0) return NOTHING;
  const items = ingresses.map(
    ({ name, place, findings }) =>
      html`<h3>${code(name)} ${place}</h3>
        ${findings.length === 0 ? NOTHING : findingsOf('What was found', findings)}`,
  );
  const body = html`<summary>${ingresses.length} of them</summary>
    ${items}`;
  // What needs nobody's attention is folded.
  const folded = outcome === 'same' || outcome === 'foreign';
  return html`<section>
    <h2>${outcomes[outcome]}</h2>
    ${folded ? html`<details>${body}</details>` : html`<details open>${body}</details>`}
  </section>`;
}

function findingsOf(caption: string, findings: readonly Finding[]): Html {
  return table({
    caption,
    heads: ['What', 'Where', 'Why'],
    rows: findings.map(({ kind, field, place, message }) => [
      kind === 'same' ? 'note' : kind,
      html`${code(field)} ${place}`,
      message,
    ]),
  });
}

function hostsOf(hosts: Report['hosts']): Html {
  if (hosts.length === 0) return NOTHING;
  const rows = hosts.flatMap(({ host, surprises: found }) =>
    found.map(({ surprise, paths }) => [
      code(host),
      surprises[surprise],
      paths.map((path) => html`${code(path)}<br />`),
    ]),
  );
  return html`<section>
    <h2>Hosts that depend on how ingress-nginx matches paths</h2>
    <p>Tidegate keeps all of it; other controllers may not.</p>
    ${table({ caption: 'Hosts', heads: ['Host', 'What it depends on', 'Paths'], rows })}
  </section>`;
}

function snippetsOf(ingresses: readonly IngressReport[]): Html {
  const rows = ingresses.flatMap(({ name, snippets }) =>
    snippets.map(({ annotation, directive, instead }) => [
      code(name),
      annotation,
      code(directive),
      instead === null ? 'nothing typed; keep the snippet' : code(instead),
    ]),
  );
  if (rows.length === 0) return NOTHING;
  const caption = 'What says the same without a snippet';
  return html`<section>
    <h2>Snippets</h2>
    ${table({ caption, heads: ['Ingress', 'Snippet', 'Directive', 'Instead'], rows })}
  </section>`;
}
