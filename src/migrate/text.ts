/** The report for people who read it in a terminal. */
import { surprises } from './report.ts';
import type { ControllerReport, Finding, IngressReport, Outcome, Report, SnippetAdvice } from './report.ts';

/** As headings. */
export const outcomes: Readonly<Record<Outcome, string>> = {
  refused: 'Refused: not served until they are changed',
  different: 'Served, with a difference',
  ignored: 'Served, without something that has no effect any more',
  same: 'The same',
  foreign: 'Of other controllers',
};

export function printText(report: Report): string {
  const { version, source, counts, ingresses, hosts, settings, streams, controller, gaps } = report;
  const total = ingresses.length;
  const lines = [
    `What changes when Tidegate ${version} takes over from ingress-nginx (${source})`,
    '',
    `${total} ${total === 1 ? 'Ingress' : 'Ingresses'}: ${counts.same} the same, ${counts.different} with a difference, ` +
      `${counts.ignored} with something ignored, ${counts.refused} refused, ${counts.foreign} of other controllers`,
    ...gaps.map((gap) => `Not looked at: ${gap}`),
  ];
  if (controller !== null)
    lines.push(...section('The controller that is replaced', controllerLines(controller)));
  for (const outcome of ['refused', 'different', 'ignored'] as const)
    lines.push(
      ...section(outcomes[outcome], ingresses.filter((one) => one.outcome === outcome).flatMap(linesOf)),
    );
  const known = ingresses.filter(({ outcome, findings }) => outcome === 'same' && findings.length > 0);
  lines.push(...section('The same, and worth knowing', known.flatMap(linesOf)));
  lines.push(
    ...section(
      'Hosts that depend on how ingress-nginx matches paths (Tidegate keeps it, others may not)',
      hosts.flatMap(({ host, surprises: found }) => [
        host,
        ...found.flatMap(({ surprise, paths }) => [`  ${surprises[surprise]}`, `    ${paths.join(', ')}`]),
      ]),
    ),
    ...section(
      'Snippets, and what says the same without one',
      ingresses.flatMap(({ name, snippets }) =>
        snippets.length === 0 ? [] : [name, ...snippets.map(adviceLine)],
      ),
    ),
    ...section('ConfigMap', settings.map(findingLine)),
    ...section('TCP and UDP services', streams.map(findingLine)),
  );
  return `${lines.join('\n')}\n`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function controllerLines({ name, place, taken, findings }: ControllerReport): readonly string[] {
  return [
    place === '' ? name : `${name} (${place})`,
    ...(taken.length === 0 ? [] : [`  read with its flags: ${taken.join(' ')}`]),
    ...findings.map((finding) => `  ${findingLine(finding)}`),
  ];
}

function linesOf({ name, place, findings }: IngressReport): readonly string[] {
  return [
    place === '' ? name : `${name} (${place})`,
    ...findings.map((finding) => `  ${findingLine(finding)}`),
  ];
}

const WORDS: Readonly<Record<Finding['kind'], string>> = {
  refused: 'refused',
  different: 'differs',
  ignored: 'ignored',
  same: 'note',
};

function findingLine({ kind, field, place, message }: Finding): string {
  const where = place === '' ? '' : ` (${place})`;
  const what = field === '' ? '' : `${field}${where}: `;
  return `${WORDS[kind]}: ${what}${message}`;
}

function adviceLine({ annotation, directive, instead }: SnippetAdvice): string {
  return `  ${annotation}: ${directive} -> ${instead ?? 'nothing typed; keep the snippet'}`;
}
