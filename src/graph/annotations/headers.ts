/** Headers of answers (compat/annotations.md, "Response headers"). */
import { headersConfigMap } from '../../text/headers.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

export const headerAnnotations = {
  custom: annotation('custom-headers', headersConfigMap, {
    invalid: 'default',
    risk: 'Medium',
    scope: 'location',
    doc: 'ConfigMap with headers for all answers; each must stand in global-allowed-response-headers.',
  }),
} satisfies AnnotationTable;

export type HeaderAnnotations = AnnotationValues<typeof headerAnnotations>;
