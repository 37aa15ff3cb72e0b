import type { Graph } from '../graph/graph.ts';
import type { LivePart, Model, Server } from '../model/model.ts';

/** What the last sync has made, and what of it serves. */
export interface SyncState {
  /** Null before the first sync. */
  readonly latest: { readonly graph: Graph; readonly model: Model } | null;
  /** Those of the file that serves; null before the first. */
  readonly serving: readonly Server[] | null;
  /** Hosts that are served before their reload. */
  readonly routes: LivePart;
}
