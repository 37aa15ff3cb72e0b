/** Spans of requests for a collector of OpenTelemetry (compat/configmap.md). */
import {
  collectorHost,
  operationNameWithVariables,
  samplerRatio,
  telemetryFile,
  telemetryServiceName,
} from '../../text/telemetry.ts';
import { bool, choice, integer } from '../../text/values.ts';
import { setting } from './setting.ts';

export const telemetrySettings = {
  enableOpentelemetry: setting('enable-opentelemetry', bool, {
    default: 'false',
    doc: 'Make a span of every request, where no annotation says otherwise.',
  }),
  opentelemetryConfig: setting('opentelemetry-config', telemetryFile, {
    default: '/etc/ingress-controller/telemetry/opentelemetry.toml',
    doc: 'Has no effect: there is no such file, since no module reads one.',
  }),
  opentelemetryOperationName: setting('opentelemetry-operation-name', operationNameWithVariables, {
    default: '',
    doc: 'Name of spans; the method and the path of the Ingress otherwise.',
  }),
  opentelemetryTrustIncomingSpan: setting('opentelemetry-trust-incoming-span', bool, {
    default: 'true',
    doc: 'Whether spans continue the trace that the client names in "traceparent".',
  }),
  otlpCollectorHost: setting('otlp-collector-host', collectorHost, {
    default: '',
    doc: 'Where spans are sent: OTLP over HTTP, in JSON. Without it, requests only carry "traceparent" on.',
  }),
  otlpCollectorPort: setting('otlp-collector-port', integer({ min: 1, max: 65_535 }), {
    default: '4317',
    doc: 'Its port. For 4317, which is that of gRPC, the one of HTTP is taken: 4318.',
  }),
  otelServiceName: setting('otel-service-name', telemetryServiceName, {
    default: 'nginx',
    doc: 'Name of the service that makes the spans.',
  }),
  otelSampler: setting('otel-sampler', choice(['AlwaysOn', 'AlwaysOff', 'TraceIdRatioBased']), {
    default: 'AlwaysOn',
    doc: 'Which traces that begin here are kept: all, none, or otel-sampler-ratio of them.',
  }),
  otelSamplerRatio: setting('otel-sampler-ratio', samplerRatio, {
    default: '0.01',
    doc: 'Share of traces that TraceIdRatioBased keeps.',
  }),
  otelSamplerParentBased: setting('otel-sampler-parent-based', bool, {
    default: 'true',
    doc: 'Whether the client decides about traces that it began.',
  }),
  otelMaxQueuesize: setting('otel-max-queuesize', integer({ min: 1, max: 100_000 }), {
    default: '2048',
    doc: 'Spans that each worker keeps for the collector; more are dropped, and counted in the log.',
  }),
  otelScheduleDelayMillis: setting('otel-schedule-delay-millis', integer({ min: 1, max: 3_600_000 }), {
    default: '5000',
    doc: 'Milliseconds after which spans are sent, though the batch is not full.',
  }),
  otelMaxExportBatchSize: setting('otel-max-export-batch-size', integer({ min: 1, max: 100_000 }), {
    default: '512',
    doc: 'Spans that are sent at once, at most.',
  }),
} as const;
