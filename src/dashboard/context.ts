/** What pages are made of. */
import type { Quarantined } from '../cluster/quarantine.ts';
import type { Graph } from '../graph/graph.ts';
import type { AnnotationTeller } from './annotations.ts';
import type { History } from './history.ts';
import type { Lookups } from './lookups.ts';
import type { Rates, Totals } from './rates.ts';

/** What is looked at when somebody asks. */
export interface Live {
  /** Null when requests are served, else the reason why not. */
  readonly health: () => string | null;
  readonly draining: () => Promise<{ readonly generations: number; readonly workers: number }>;
  readonly quarantined: () => readonly Quarantined[];
  /** Null without --enable-metrics. */
  readonly totals: () => Totals | null;
}

export interface Context extends Live {
  readonly version: string;
  /** Of the last sync; null before the first. */
  readonly graph: () => Graph | null;
  readonly history: Pick<History, 'list' | 'serving' | 'trouble'>;
  readonly lookups: Lookups;
  readonly annotations: AnnotationTeller;
  /** Null as long as there is only one look at the counters. */
  readonly rates: () => Rates | null;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Of a page about the graph. */
export interface GraphContext extends Omit<Context, 'graph'> {
  readonly graph: Graph;
}
