/** How long the stages of a change take, and what is sent to the workers without a reload. */
import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import { PREFIX } from './exposition.ts';

/** `build`: from the objects to the model. `check`: nginx reads the files. `proof`: from the reload to the first answer of new workers. */
export type Stage = 'build' | 'live' | 'render' | 'check' | 'proof';

export interface StageMetrics {
  took(stage: Stage, milliseconds: number): void;
  /** Keys of live state that were set or removed. */
  sent(keys: number): void;
  unsent(): void;
}

/** Seconds: from a change of one Ingress to the first configuration of a large cluster. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createStageMetrics(
  registry: Registry,
  labels: Readonly<Record<string, string>>,
): StageMetrics {
  const labelNames = Object.keys(labels);
  const registers = [registry];
  const stages = new Histogram({
    name: `${PREFIX}stage_duration_seconds`,
    help: 'Seconds that the stages of a change took',
    labelNames: [...labelNames, 'stage'],
    buckets: BOUNDS,
    registers,
  });
  const counter = (name: string, help: string) =>
    new Counter({ name: PREFIX + name, help, labelNames, registers });
  const changes = counter(
    'live_changes_total',
    'Backends, certificates and routes that workers were told about',
  );
  const failures = counter('live_failures_total', 'Times that workers could not be told about changes');
  changes.inc({ ...labels }, 0);
  failures.inc({ ...labels }, 0);
  return {
    took: (stage, milliseconds) => stages.observe({ ...labels, stage }, milliseconds / 1000),
    sent: (keys) => changes.inc({ ...labels }, keys),
    unsent: () => failures.inc({ ...labels }),
  };
}
