/** What is written about requests (compat/behaviour.md section 28). */
import { bool } from '../../text/values.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const ignored = { invalid: 'default', risk: 'Low', scope: 'location' } as const;

export const logAnnotations = {
  access: annotation('enable-access-log', bool, {
    ...ignored,
    example: 'false',
    doc: 'Whether requests stand in the access log; true by default.',
  }),
  rewrite: annotation('enable-rewrite-log', bool, {
    ...ignored,
    example: 'true',
    doc: 'Whether rewrites stand in the error log, at the level notice; false by default.',
  }),
} satisfies AnnotationTable;

export type LogAnnotations = AnnotationValues<typeof logAnnotations>;
