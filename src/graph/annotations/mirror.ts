/** Copies of requests for another service (compat/behaviour.md 26.1). */
import { mirrorHost, mirrorTarget } from '../../text/mirror.ts';
import { choice } from '../../text/values.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const ignored = { invalid: 'default', risk: 'High', scope: 'ingress' } as const;

export const mirrorAnnotations = {
  target: annotation('mirror-target', mirrorTarget, {
    ...ignored,
    admission: 'refuse',
    example: 'https://test.example.com$request_uri',
    doc: 'URL that gets a copy of every request; nobody waits for its answers, or sees them.',
  }),
  body: annotation('mirror-request-body', choice(['on', 'off']), {
    ...ignored,
    risk: 'Low',
    needs: 'target',
    example: 'off',
    doc: 'Whether copies have the body of the request, which is read as a whole before the endpoint gets it; on by default.',
  }),
  host: annotation('mirror-host', mirrorHost, {
    ...ignored,
    needs: 'target',
    example: 'shop.example.com',
    doc: 'Host header of copies; that of the URL by default.',
  }),
} satisfies AnnotationTable;

export type MirrorAnnotations = AnnotationValues<typeof mirrorAnnotations>;
