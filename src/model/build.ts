import type { Settings } from '../config/settings/table.ts';
import type { Graph, GraphHost, HostClientAuth } from '../graph/graph.ts';
import { createIncrementalSort } from '../lib/incremental-sort.ts';
import { memoizeLast } from '../lib/memo.ts';
import { inOneGo, mapped } from '../lib/slices.ts';
import type { Sliced } from '../lib/slices.ts';
import { limitGroups } from './access.ts';
import { createLiveBuilder } from './live.ts';
import type { HttpModel, Model, Server } from './model.ts';
import { httpTls } from './http-tls.ts';
import { createPolicyTable } from './policy.ts';
import type { PolicyTable } from './policy.ts';
import { buildServer, nameHash } from './servers.ts';

export interface ModelBuilder {
  build(graph: Graph, settings: Settings): Model;
  /** The same in slices; one at a time. */
  slices(graph: Graph, settings: Settings): Sliced<Model>;
}

interface Entry {
  readonly clientAuth: HostClientAuth | null;
  readonly server: Server;
}

/** Everything that a server depends on besides its host; memos live as long as this stays the same. */
interface Era {
  readonly settings: Settings;
  readonly collisions: string;
  readonly servers: WeakMap<GraphHost, Entry>;
  readonly policies: PolicyTable;
}

function keepsAnswers(servers: readonly Server[]): boolean {
  return servers.some(({ locations }) =>
    locations.some(({ policy }) => (policy.auth?.cacheKey ?? null) !== null),
  );
}

interface HttpParts {
  readonly graph: Pick<Graph, 'dhParameters' | 'redirects'>;
  readonly settings: Settings;
  readonly servers: readonly Server[];
}

function buildHttp({ graph, settings, servers }: HttpParts): HttpModel {
  return Object.freeze({
    settings,
    nameHash: nameHash(servers, graph.redirects),
    authCache: keepsAnswers(servers),
    tls: httpTls(graph, settings, servers),
  });
}

/** A host of the graph that is unchanged gives the same server, by identity. */
export function createModelBuilder(): ModelBuilder {
  const live = createLiveBuilder();
  const order = createIncrementalSort<Server>((a, b) => (a.host < b.host ? -1 : 1));
  const groupsOf = memoizeLast(limitGroups);
  // Endpoints and certificates change most often, and no server with them.
  const httpOf = memoizeLast(buildHttp, ({ graph, settings, servers }) => [
    graph.dhParameters,
    graph.redirects,
    settings,
    servers,
  ]);
  let era: Era | null = null;

  function eraOf(graph: Graph, settings: Settings): Era {
    if (era?.settings === settings && era.collisions === graph.collisions) return era;
    era = {
      settings,
      collisions: graph.collisions,
      servers: new WeakMap(),
      policies: createPolicyTable(settings),
    };
    return era;
  }

  function* slices(graph: Graph, settings: Settings): Sliced<Model> {
    const { servers: memo, policies } = eraOf(graph, settings);
    const context = { settings, policies, backendName: graph.backendName };
    const serverOf = (host: GraphHost) => {
      const clientAuth = graph.clientAuth.get(host.name) ?? null;
      const known = memo.get(host);
      if (known?.clientAuth === clientAuth) return known.server;
      const server = buildServer(host, clientAuth, context);
      memo.set(host, { clientAuth, server });
      return server;
    };
    const servers = order.sort(yield* mapped(graph.hosts, serverOf));
    yield;
    const http = httpOf({ graph, settings, servers });
    yield;
    const groups = groupsOf(graph.hosts);
    return {
      http,
      servers,
      redirects: graph.redirects,
      limitGroups: groups,
      live: yield* live.build(graph),
    };
  }

  return { slices, build: (graph, settings) => inOneGo(slices(graph, settings)) };
}
