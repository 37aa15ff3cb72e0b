/** What the admission webhook has looked at (compat/metrics.md, "Admission metrics" and `check_success`, `check_errors`). */
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Reviewed } from '../lib/reviewed.ts';
import { PREFIX } from './exposition.ts';

const GAUGES = {
  admission_tested_ingresses: 'Ingresses whose paths the last accepted review showed to nginx',
  admission_tested_duration: 'Seconds in which the last accepted review rendered them and nginx read them',
  admission_render_ingresses: 'Ingresses that the last accepted review considered',
  admission_render_duration: 'Seconds that the last accepted review took before it rendered',
  admission_config_size: 'Bytes of the configuration that the last accepted review showed to nginx',
  admission_roundtrip_duration: 'Seconds that the last accepted review took',
} as const;

export type ReviewMetrics = (review: Reviewed) => void;

export function createReviewMetrics(
  registry: Registry,
  labels: Readonly<Record<string, string>>,
): ReviewMetrics {
  const labelNames = Object.keys(labels);
  const registers = [registry];
  const counter = (name: string, help: string) =>
    new Counter({
      name: PREFIX + name,
      help,
      labelNames: [...labelNames, 'namespace', 'ingress'],
      registers,
    });
  const success = counter('check_success', 'Reviews that ended with an Ingress accepted');
  const errors = counter('check_errors', 'Reviews that ended with an Ingress refused for its effect');
  const gauges = new Map(
    Object.entries(GAUGES).map(([name, help]) => {
      const gauge = new Gauge({ name: PREFIX + name, help, labelNames, registers });
      gauge.set({ ...labels }, 0);
      return [name, gauge];
    }),
  );
  const set = (name: keyof typeof GAUGES, value: number) => gauges.get(name)?.set({ ...labels }, value);
  return ({ namespace, ingress, outcome, considered, tested, bytes, milliseconds: { before, test } }) => {
    if (outcome === 'refused') return errors.inc({ ...labels, namespace, ingress });
    success.inc({ ...labels, namespace, ingress });
    set('admission_tested_ingresses', tested);
    set('admission_tested_duration', seconds(test));
    set('admission_render_ingresses', considered);
    set('admission_render_duration', seconds(before));
    set('admission_config_size', bytes);
    set('admission_roundtrip_duration', seconds(before + test));
  };
}

/** To the millisecond, as others have it. */
function seconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}
