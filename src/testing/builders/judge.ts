/** The webhook's decision on a set of objects. */
import { createJudge } from '../../admission/verdict.ts';
import type { VerdictContext } from '../../admission/verdict.ts';
import type { Verdict } from '../../admission/review.ts';
import { readSettings } from '../../config/settings/read.ts';
import type { GraphOptions } from '../../graph/options.ts';
import type { Ingress, KubeObject } from '../../source/objects.ts';
import { ingress, ingressClass } from './objects.ts';
import type { IngressSpec } from './objects.ts';
import { graphOptions, snapshotOf } from './pipeline.ts';

export const GOOD_UID = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';

/** An Ingress as the API server would send it for review. */
export function candidate(spec: IngressSpec = {}, metadata: Partial<Ingress['metadata']> = {}): Ingress {
  const made = ingress({ host: 'a.example.com', ...spec });
  return { ...made, metadata: { ...made.metadata, uid: GOOD_UID, ...metadata } };
}

export interface JudgeOptions extends Partial<Omit<VerdictContext, 'options' | 'settings' | 'snapshot'>> {
  readonly options?: Partial<GraphOptions>;
  readonly settings?: Readonly<Record<string, string>>;
  readonly objects?: readonly KubeObject[];
}

export function verdictOn(object: Ingress, setup: JudgeOptions = {}): Promise<Verdict> {
  const { options, settings, objects = [], ...rest } = setup;
  const snapshot = snapshotOf([ingressClass(), ...objects]);
  const read = readSettings(settings ?? {}).settings;
  const judge = createJudge({
    snapshot: () => snapshot,
    settings: () => read,
    classesReadable: () => true,
    watchNamespace: '',
    deepInspect: true,
    check: async () => null,
    onReviewed: () => undefined,
    ...rest,
    options: { ...graphOptions, ...options },
  });
  return judge(object);
}
