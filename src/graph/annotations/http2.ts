/** HTTP/2 with clients (compat/annotations.md, "HTTP/2"). */
import { bool } from '../../text/values.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

export const http2Annotations = {
  pushPreload: annotation('http2-push-preload', bool, {
    invalid: 'rejected',
    risk: 'Low',
    scope: 'location',
    example: 'true',
    doc: 'Push what Link headers name. nginx has not had it since 1.25.1, where this has no effect.',
  }),
} satisfies AnnotationTable;

export type Http2Annotations = AnnotationValues<typeof http2Annotations>;
