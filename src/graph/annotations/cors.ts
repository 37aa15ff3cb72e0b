/** Which pages of other sites may use a backend (compat/behaviour.md section 21). */
import { fail } from '../../lib/result.ts';
import { parseOrigins } from '../../text/origins.ts';
import { parseLiteral } from '../../text/safe.ts';
import type { Literal } from '../../text/safe.ts';
import { bool } from '../../text/values.ts';
import type { ValueType } from '../../text/values.ts';
import { anyInteger } from '../../text/words.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

function names(characters: string, example: string): ValueType<Literal> {
  const pattern = new RegExp(`^[, ${characters}]+$`);
  return {
    name: `list, for example "${example}"`,
    parse: (text) =>
      pattern.test(text) ? parseLiteral(text) : fail(`is no such list; write for example "${example}"`),
  };
}

const ignored = { invalid: 'default', risk: 'Low', scope: 'ingress' } as const;
const medium = { ...ignored, risk: 'Medium' } as const;

export const corsAnnotations = {
  enabled: annotation('enable-cors', bool, {
    ...ignored,
    example: 'true',
    doc: 'Answer the questions of browsers about other sites, and send the headers that they need.',
  }),
  origins: annotation(
    'cors-allow-origin',
    { name: 'list of origins, for example "https://a.test,https://*.b.test"', parse: parseOrigins },
    {
      ...medium,
      example: 'https://example.com,https://*.example.org',
      doc: 'Sites that may: *, or scheme://host:port each, with * for one first label.',
    },
  ),
  methods: annotation('cors-allow-methods', names('A-Za-z', 'GET, POST'), {
    ...medium,
    example: 'GET, POST',
    doc: 'Methods that they may use.',
  }),
  headers: annotation('cors-allow-headers', names('A-Za-z0-9_-', 'DNT,Range'), {
    ...medium,
    example: 'Content-Type,X-Token',
    doc: 'Headers that they may send.',
  }),
  credentials: annotation('cors-allow-credentials', bool, {
    ...ignored,
    example: 'false',
    doc: 'Whether cookies may come along; true by default.',
  }),
  expose: annotation('cors-expose-headers', names('A-Za-z0-9_*-', 'X-Count'), {
    ...medium,
    example: 'X-Count',
    doc: 'Headers of the answer that they may read.',
  }),
  maxAge: annotation('cors-max-age', anyInteger, {
    ...ignored,
    example: '600',
    doc: 'Seconds for which browsers remember the answer; 1728000 by default.',
  }),
} satisfies AnnotationTable;

export type CorsAnnotations = AnnotationValues<typeof corsAnnotations>;
