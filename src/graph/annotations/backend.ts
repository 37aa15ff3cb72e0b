/** How endpoints of a Service are found (compat/behaviour.md 5.4). */
import { bool } from '../../text/values.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

export const backendAnnotations = {
  serviceUpstream: annotation('service-upstream', bool, {
    invalid: 'default',
    risk: 'Low',
    scope: 'ingress',
    doc: 'Send requests to the ClusterIP of the Service instead of its endpoints.',
  }),
} satisfies AnnotationTable;

export type BackendAnnotations = AnnotationValues<typeof backendAnnotations>;
