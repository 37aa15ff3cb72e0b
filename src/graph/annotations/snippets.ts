/** Pieces of nginx configuration (compat/behaviour.md 16.1 and 28): off unless the ConfigMap allows them twice. */
import { snippet } from '../../text/snippet.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const denied = { invalid: 'denied', admission: 'refuse', risk: 'Critical' } as const;

export const snippetAnnotations = {
  location: annotation('configuration-snippet', snippet, {
    ...denied,
    scope: 'location',
    example: 'more_set_headers "X-Site: main";',
    doc: 'Directives of nginx for each location of the Ingress.',
  }),
  server: annotation('server-snippet', snippet, {
    ...denied,
    scope: 'ingress',
    example: 'keepalive_timeout 30s;',
    doc: 'Directives of nginx for the server of each host of the Ingress; the oldest Ingress of a host that has some decides.',
  }),
  stream: annotation('stream-snippet', snippet, {
    ...denied,
    scope: 'ingress',
    example: 'server { listen 9000; proxy_pass 10.0.0.1:9000; }',
    doc: 'Directives of nginx at the level of stream; those of all Ingresses stand there one after the other.',
  }),
} satisfies AnnotationTable;

export type SnippetAnnotations = AnnotationValues<typeof snippetAnnotations>;
