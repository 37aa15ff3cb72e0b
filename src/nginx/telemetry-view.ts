/** Spans of requests as the templates print them (compat/nginx-conf.md section 3, "Logging"). */
import type { HttpModel, Policy } from '../model/model.ts';

export function telemetryView({ telemetry }: Pick<Policy, 'telemetry'>) {
  return {
    present: telemetry !== null,
    trusts: telemetry?.trust === true,
    hasName: telemetry !== null && telemetry.name !== null,
    name: telemetry?.name ?? '',
  };
}

/** That of gRPC, which is not spoken here, and that of HTTP: collectors listen at both. */
const PORTS = { grpc: 4317, http: 4318 } as const;

export function telemetryHeadView({ settings, makesSpans }: Pick<HttpModel, 'settings' | 'makesSpans'>) {
  const { otlpCollectorHost: host, otlpCollectorPort: port } = settings;
  return {
    makes: makesSpans,
    sends: host !== null,
    host: host ?? '',
    port: port === PORTS.grpc ? PORTS.http : port,
    service: settings.otelServiceName,
    sampler: settings.otelSampler,
    ratio: settings.otelSamplerRatio,
    parentBased: settings.otelSamplerParentBased,
    queue: settings.otelMaxQueuesize,
    delay: settings.otelScheduleDelayMillis,
    batch: Math.min(settings.otelMaxExportBatchSize, settings.otelMaxQueuesize),
  };
}

/** The log may name the variables of spans where none are made. */
export function declaresTelemetry({
  settings,
  makesSpans,
}: Pick<HttpModel, 'settings' | 'makesSpans'>): boolean {
  return makesSpans || settings.logFormatUpstream.pieces.some((piece) => /\$\{?opentelemetry_/i.test(piece));
}
