/** The status page on a set of objects, without a server. */
import { createAnnotationTeller } from '../../dashboard/annotations.ts';
import type { Context } from '../../dashboard/context.ts';
import { createHistory } from '../../dashboard/history.ts';
import { createLookups } from '../../dashboard/lookups.ts';
import { annotationFamilies } from '../../graph/annotations/read.ts';
import type { Graph } from '../../graph/graph.ts';

/** The moment of all clocks. */
export const NOW = Date.parse('2026-06-01T12:00:00Z');

export function dashboardContext(graph: Graph | null, changes: Partial<Context> = {}): Context {
  const annotations = createAnnotationTeller(annotationFamilies);
  return {
    version: 'v0.0.0',
    graph: () => graph,
    health: () => null,
    draining: async () => ({ generations: 0, workers: 0 }),
    quarantined: () => [],
    totals: () => null,
    history: createHistory(() => NOW),
    lookups: createLookups(annotations.message),
    annotations,
    rates: () => null,
    now: () => NOW,
    ...changes,
  };
}
