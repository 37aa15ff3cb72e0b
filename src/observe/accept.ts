/** Which form of metrics a scrape asks for. */

/** What metrics are sent as, and what asks for it. */
export const PROTOBUF =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

const TEXT = new Set(['text/plain', 'text/*', '*/*']);

type Form = 'protobuf' | 'text';

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Whether a header Accept (RFC 9110, section 12.5.1) would rather have the protobuf form than the text. Of equals the first wins;
 * what says neither is content with the text.
 */
export function prefersProtobuf(accept: string): boolean {
  let best: { form: Form; weight: number } = { form: 'text', weight: 0 };
  for (const clause of accept.split(',').map(readClause)) {
    const form = formOf(clause);
    const weight = weightOf(clause);
    if (form !== null && weight > best.weight) best = { form, weight };
  }
  return best.form === 'protobuf';
}

function readClause(text: string): Clause {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  return {
    type: type.toLowerCase(),
    parameters: new Map(
      parameters.map((parameter) => {
        const [name = '', value = ''] = parameter.split('=', 2);
        return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')];
      }),
    ),
  };
}

function formOf({ type, parameters }: Clause): Form | null {
  if (TEXT.has(type)) return 'text';
  const isOurs =
    type === 'application/vnd.google.protobuf' &&
    parameters.get('proto') === 'io.prometheus.client.MetricFamily' &&
    parameters.get('encoding') === 'delimited';
  return isOurs ? 'protobuf' : null;
}

/** From 0 to 1. */
function weightOf({ parameters }: Clause): number {
  const weight = Number(parameters.get('q') ?? 1);
  return weight >= 0 && weight <= 1 ? weight : 1;
}
