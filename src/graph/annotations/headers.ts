/** Headers of answers (compat/annotations.md, "Response headers"). */
import { configMapName } from '../../text/words.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

export const headerAnnotations = {
  custom: annotation('custom-headers', configMapName, {
    invalid: 'default',
    risk: 'Medium',
    scope: 'location',
    example: 'default/more-headers',
    doc: 'ConfigMap with headers for all answers; each must stand in global-allowed-response-headers.',
  }),
} satisfies AnnotationTable;

export type HeaderAnnotations = AnnotationValues<typeof headerAnnotations>;
