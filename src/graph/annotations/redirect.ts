/** Redirects to other places (compat/behaviour.md 18.2 to 18.5). */
import { fail } from '../../lib/result.ts';
import type { Result } from '../../lib/result.ts';
import { parseExpression } from '../../text/safe.ts';
import type { Expression, Url } from '../../text/safe.ts';
import { parseUrl } from '../../text/url.ts';
import { bool } from '../../text/values.ts';
import type { ValueType } from '../../text/values.ts';
import { anyInteger } from '../../text/words.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const url: ValueType<Url> = { name: 'URL', parse: parseUrl };

const httpUrl: ValueType<Url> = {
  name: 'URL that begins with http',
  parse: (text) =>
    text.startsWith('http')
      ? parseUrl(text)
      : fail('is not a URL that begins with "http"; write for example "https://www.example.com/"'),
};

const appRoot: ValueType<Expression> = { name: 'path', parse: parseAppRoot };

function parseAppRoot(text: string): Result<Expression> {
  return /^\/[-._~a-zA-Z0-9/:$]*$/.test(text)
    ? parseExpression(text)
    : fail('is not a path; write for example "/app"');
}

const rejected = { invalid: 'rejected', risk: 'Low', scope: 'location' } as const;
const ignored = { invalid: 'default', risk: 'Low', scope: 'location' } as const;

export const redirectAnnotations = {
  temporal: annotation('temporal-redirect', httpUrl, {
    ...rejected,
    risk: 'Medium',
    example: 'https://example.com/new',
    doc: 'Where all requests are redirected for the time being. Path and query of the request are not appended.',
  }),
  temporalCode: annotation('temporal-redirect-code', anyInteger, {
    ...rejected,
    example: '307',
    doc: 'Status of that redirect, 300 to 307; 302 otherwise.',
  }),
  permanent: annotation('permanent-redirect', url, {
    ...rejected,
    risk: 'Medium',
    example: 'https://example.com/new',
    doc: 'Where all requests are redirected for good, unless temporal-redirect says otherwise.',
  }),
  permanentCode: annotation('permanent-redirect-code', anyInteger, {
    ...rejected,
    example: '308',
    doc: 'Status of that redirect, 300 to 308; 301 otherwise.',
  }),
  relative: annotation('relative-redirects', bool, {
    ...rejected,
    example: 'true',
    doc: 'Redirects of nginx itself have no scheme and host.',
  }),
  fromToWww: annotation('from-to-www-redirect', bool, {
    ...rejected,
    example: 'true',
    doc: 'Redirect from www.host to host, or from host to www.host: whichever the Ingress does not have.',
  }),
  appRoot: annotation('app-root', appRoot, {
    ...ignored,
    admission: 'refuse',
    risk: 'Medium',
    example: '/app',
    doc: 'Where requests for / of the host are redirected.',
  }),
  usePort: annotation('use-port-in-redirects', bool, {
    ...ignored,
    example: 'true',
    doc: 'Name the port in redirects.',
  }),
} satisfies AnnotationTable;

export type RedirectAnnotations = AnnotationValues<typeof redirectAnnotations>;
