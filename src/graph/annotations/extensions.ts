/** Annotations that ingress-nginx does not have. */
import { requestHeaderLines, responseHeaderLines } from '../../text/header-lines.ts';
import { rateLimits } from '../../text/rate-limits.ts';
import { redirectLines } from '../../text/redirect-lines.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

// What protects must not be left out in silence.
const denied = {
  invalid: 'denied',
  admission: 'refuse',
  risk: 'Medium',
  scope: 'ingress',
  isExtension: true,
} as const;

export const extensionAnnotations = {
  rateLimits: annotation('rate-limits', rateLimits, {
    ...denied,
    example: 'key=$http_x_api_key rate=10r/s burst=20',
    doc: 'Limits for all paths of the Ingress together, counted by what the key says; what is above gets limit-req-status-code.',
  }),
  requestHeaders: annotation('request-headers', requestHeaderLines, {
    ...denied,
    example: 'set X-Site: main',
    doc: 'Headers that services get in another way than the client sends them.',
  }),
  responseHeaders: annotation('response-headers', responseHeaderLines, {
    ...denied,
    example: 'remove X-Powered-By',
    doc: 'Headers that clients get in another way than the service sends them.',
  }),
  redirects: annotation('redirects', redirectLines, {
    ...denied,
    example: '/old https://example.com/new 301',
    doc: 'Redirects of some paths, and of some requests; the first line that fits counts.',
  }),
} satisfies AnnotationTable;

export type ExtensionAnnotations = AnnotationValues<typeof extensionAnnotations>;
