import type { Graph } from '../graph/graph.ts';
import { memoizeLast } from '../lib/memo.ts';
import type { LiveRoutes } from '../model/live-routes.ts';
import type { LivePart, Model, Server } from '../model/model.ts';
import type { Generations } from '../nginx/applier.ts';
import type { Generation } from '../nginx/generation.ts';

/** What the last sync has made, and what of it serves. */
export interface SyncState {
  /** Null before the first sync. */
  readonly latest: { readonly graph: Graph; readonly model: Model } | null;
  /** Those of the file that serves; null before the first. */
  readonly serving: readonly Server[] | null;
  /** Hosts that are served before their reload. */
  readonly routes: LivePart;
}

interface StateParts {
  /** Null without live routes. */
  readonly routes: LiveRoutes | null;
  readonly generations: () => Generations;
}

export function createRoutesReader(
  { routes, generations }: StateParts,
  serversOf: StateInput['serversOf'],
): StateInput['routesOf'] {
  // Endpoints and certificates change most often, and no route with them.
  const build = memoizeLast(
    (model: Model, { serving, coming }: Generations): LivePart =>
      serving === null || routes === null
        ? NO_ROUTES
        : routes.build({
            model,
            serving: serversOf(serving),
            coming: coming === null ? null : serversOf(coming),
          }),
    ({ servers, http, redirects }, { serving, coming }) => [servers, http, redirects, serving, coming],
  );
  return (model) => build(model, generations());
}

export function stateOf({ latest, parts, serversOf, routesOf }: StateInput): SyncState {
  const { serving } = parts.generations();
  return {
    latest,
    serving: serving === null ? null : serversOf(serving),
    routes: latest === null ? NO_ROUTES : routesOf(latest.model),
  };
}

interface StateInput extends Pick<SyncState, 'latest'> {
  readonly parts: Pick<StateParts, 'generations'>;
  readonly serversOf: (generation: Generation) => readonly Server[];
  readonly routesOf: (model: Model) => LivePart;
}

const NO_ROUTES: LivePart = new Map();
