/** Rewriting, regular expressions and the redirect to HTTPS (compat/behaviour.md 7.5, 7.6, 18.1). */
import { fail } from '../../lib/result.ts';
import { parseExpression } from '../../text/safe.ts';
import type { Expression } from '../../text/safe.ts';
import { bool } from '../../text/values.ts';
import type { ValueType } from '../../text/values.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

// The character set of ingress-nginx; a "?" cannot come in, which nginx needs to be safe (compat/security.md section 3, G1).
const target: ValueType<Expression> = {
  name: 'path with captures, for example "/$2"',
  parse: (text) =>
    /^\/?[-._~a-zA-Z0-9/:$]*$/.test(text)
      ? parseExpression(text)
      : fail(
          'is not a rewrite target; write a path of letters, digits and - . _ ~ / : with captures such as $1',
        ),
};

// Blanks count for nothing, as in ingress-nginx.
const prefix: ValueType<Expression> = {
  name: 'path, with captures if need be, for example "/api"',
  parse: (text) => {
    const plain = text.replaceAll(' ', '');
    return /^[-._~a-zA-Z0-9/:$]*$/.test(plain)
      ? parseExpression(plain)
      : fail('is not a path; write letters, digits and - . _ ~ / : only, with captures such as $1');
  },
};

const ofLocation = { invalid: 'default', risk: 'Low', scope: 'location' } as const;

export const rewriteAnnotations = {
  target: annotation('rewrite-target', target, {
    ...ofLocation,
    admission: 'refuse',
    risk: 'Medium',
    scope: 'ingress',
    example: '/$1',
    doc: 'Path that requests are rewritten to; $1, $2, … are groups of the path. Makes all paths of the host regular expressions.',
  }),
  useRegex: annotation('use-regex', bool, {
    ...ofLocation,
    example: 'true',
    doc: 'Paths are regular expressions; makes all paths of the host such.',
  }),
  forwardedPrefix: annotation('x-forwarded-prefix', prefix, {
    ...ofLocation,
    invalid: 'rejected',
    risk: 'Medium',
    example: '/api',
    doc: 'Value of the header X-Forwarded-Prefix; only sent together with a rewrite-target.',
  }),
  sslRedirect: annotation('ssl-redirect', bool, {
    ...ofLocation,
    example: 'false',
    doc: 'Redirect HTTP to HTTPS when the host has TLS.',
  }),
  forceSslRedirect: annotation('force-ssl-redirect', bool, {
    ...ofLocation,
    risk: 'Medium',
    example: 'true',
    doc: 'Redirect HTTP to HTTPS even when the host has no TLS.',
  }),
  preserveTrailingSlash: annotation('preserve-trailing-slash', bool, {
    ...ofLocation,
    risk: 'Medium',
    example: 'true',
    doc: 'Keep the last slash of the URI in the redirect to HTTPS.',
  }),
} satisfies AnnotationTable;

export type RewriteAnnotations = AnnotationValues<typeof rewriteAnnotations>;
