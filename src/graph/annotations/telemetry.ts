/** Spans of requests (compat/annotations.md, "OpenTelemetry"). */
import { operationName } from '../../text/telemetry.ts';
import { bool } from '../../text/values.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const ignored = { invalid: 'default', risk: 'Low', scope: 'location' } as const;

export const telemetryAnnotations = {
  enabled: annotation('enable-opentelemetry', bool, {
    ...ignored,
    example: 'true',
    doc: 'Whether a span is made of each request, for the collector that the ConfigMap names.',
  }),
  trust: annotation('opentelemetry-trust-incoming-span', bool, {
    ...ignored,
    needs: 'enabled',
    example: 'false',
    doc: 'Whether spans continue the trace that the client names.',
  }),
  name: annotation('opentelemetry-operation-name', operationName, {
    ...ignored,
    invalid: 'rejected',
    risk: 'Medium',
    needs: 'enabled',
    example: 'shop',
    doc: 'Name of the spans.',
  }),
} satisfies AnnotationTable;

export type TelemetryAnnotations = AnnotationValues<typeof telemetryAnnotations>;
