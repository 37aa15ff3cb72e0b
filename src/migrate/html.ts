/** The report as one page that needs nothing else: no script, no font, no image. */
import { surprises } from './report.ts';
import type { Finding, IngressReport, Outcome, Report } from './report.ts';
import { outcomes } from './text.ts';

/** Text of users stays text. */
function escape(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/g, (char) => names[char] ?? char);
}

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; color: CanvasText; background: Canvas; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid GrayText; overflow-wrap: anywhere; }
th:first-child, td:first-child { min-width: 7rem; }
code { font: 0.9em ui-monospace, monospace; }
caption { text-align: left; font-weight: bold; padding: .5rem 0; }
details { margin: .3rem 0; }
summary { cursor: pointer; }
.counts td { font-size: 1.4rem; }
`;

export function printHtml(report: Report): string {
  const { version, source, ingresses, hosts, settings, gaps } = report;
  const parts = [
    countsOf(report),
    ...gaps.map((gap) => `<p>Not looked at: ${escape(gap)}</p>`),
    ...(['refused', 'different', 'ignored', 'same', 'foreign'] as const).map((outcome) =>
      group(
        outcome,
        ingresses.filter((one) => one.outcome === outcome),
      ),
    ),
    hostsOf(hosts),
    snippetsOf(ingresses),
    settings.length === 0
      ? ''
      : `<section><h2>ConfigMap</h2>${findingsOf('What its keys mean', settings)}</section>`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>From ingress-nginx to Tidegate</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>From ingress-nginx to Tidegate ${escape(version)}</h1>
<p>Objects of ${escape(source)}</p>
${parts.filter((part) => part !== '').join('\n')}
</main>
</body>
</html>
`;
}

const COLUMNS: readonly (readonly [Outcome, string])[] = [
  ['same', 'the same'],
  ['different', 'with a difference'],
  ['ignored', 'with something ignored'],
  ['refused', 'refused'],
  ['foreign', 'of other controllers'],
];

function countsOf({ counts }: Report): string {
  const head = COLUMNS.map(([, title]) => `<th scope="col">${title}</th>`).join('');
  const row = COLUMNS.map(([outcome]) => `<td>${counts[outcome]}</td>`).join('');
  return `<table class="counts"><caption>Ingresses</caption><thead><tr>${head}</tr></thead><tbody><tr>${row}</tr></tbody></table>`;
}

function group(outcome: Outcome, ingresses: readonly IngressReport[]): string {
  if (ingresses.length === 0) return '';
  const open = outcome === 'same' || outcome === 'foreign' ? '' : ' open';
  const items = ingresses.map(({ name, place, findings }) => {
    const title = `<h3><code>${escape(name)}</code> ${escape(place)}</h3>`;
    return findings.length === 0 ? title : title + findingsOf('What was found', findings);
  });
  return `<section><h2>${outcomes[outcome]}</h2><details${open}><summary>${ingresses.length} of them</summary>${items.join('\n')}</details></section>`;
}

function findingsOf(title: string, findings: readonly Finding[]): string {
  const rows = findings.map(
    ({ kind, field, place, message }) =>
      `<tr><td>${kind === 'same' ? 'note' : kind}</td><td><code>${escape(field)}</code> ${escape(place)}</td><td>${escape(message)}</td></tr>`,
  );
  const head = ['What', 'Where', 'Why'].map((text) => `<th scope="col">${text}</th>`).join('');
  return `<table><caption>${escape(title)}</caption><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function hostsOf(hosts: Report['hosts']): string {
  if (hosts.length === 0) return '';
  const rows = hosts.flatMap(({ host, surprises: found }) =>
    found.map(
      ({ surprise, paths }) =>
        `<tr><th scope="row"><code>${escape(host)}</code></th><td>${surprises[surprise]}</td><td>${paths.map((path) => `<code>${escape(path)}</code>`).join('<br>')}</td></tr>`,
    ),
  );
  const head = ['Host', 'What it depends on', 'Paths'].map((text) => `<th scope="col">${text}</th>`).join('');
  return `<section><h2>Hosts that depend on how ingress-nginx matches paths</h2><p>Tidegate keeps all of it; other controllers may not.</p><table><caption>Hosts</caption><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function snippetsOf(ingresses: readonly IngressReport[]): string {
  const rows = ingresses.flatMap(({ name, snippets }) =>
    snippets.map(
      ({ annotation, directive, instead }) =>
        `<tr><th scope="row"><code>${escape(name)}</code></th><td>${escape(annotation)}</td><td><code>${escape(directive)}</code></td><td>${instead === null ? 'nothing typed; keep the snippet' : `<code>${escape(instead)}</code>`}</td></tr>`,
    ),
  );
  if (rows.length === 0) return '';
  const head = ['Ingress', 'Snippet', 'Directive', 'Instead']
    .map((text) => `<th scope="col">${text}</th>`)
    .join('');
  return `<section><h2>Snippets</h2><table><caption>What says the same without a snippet</caption><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}
