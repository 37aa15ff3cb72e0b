/** Who answers instead of a backend that has no endpoints or fails (compat/behaviour.md sections 8 and 27). */
import { errorCodes, serviceName } from '../../text/status-codes.ts';
import { bool } from '../../text/values.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const low = { risk: 'Low', scope: 'location' } as const;

export const errorAnnotations = {
  defaultBackend: annotation('default-backend', serviceName, {
    ...low,
    invalid: 'rejected',
    example: 'spare',
    doc: 'Service of the same namespace that gets the requests while the Service of the path has no endpoints, and the error pages of custom-http-errors; its first port counts.',
  }),
  codes: annotation('custom-http-errors', errorCodes, {
    ...low,
    invalid: 'rejected',
    example: '404,503',
    doc: 'Answers with these codes are replaced by what the default backend says. The list of the ConfigMap does not count then.',
  }),
  keepBackendErrors: annotation('disable-proxy-intercept-errors', bool, {
    ...low,
    invalid: 'default',
    example: 'true',
    doc: 'Replace only answers that nginx itself makes, not those of the Service.',
  }),
} satisfies AnnotationTable;

export type ErrorAnnotations = AnnotationValues<typeof errorAnnotations>;
