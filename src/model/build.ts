import type { Settings } from '../config/settings/table.ts';
import type { Backend, Balancing, Graph, GraphHost, HostClientAuth } from '../graph/graph.ts';
import { createIncrementalSort } from '../lib/incremental-sort.ts';
import { memoizeLast } from '../lib/memo.ts';
import { limitGroups } from './access.ts';
import { createLiveBuilder } from './live.ts';
import type { HttpModel, Model, Server } from './model.ts';
import { httpTls } from './http-tls.ts';
import { createPolicyTable } from './policy.ts';
import type { PolicyTable } from './policy.ts';
import { buildServer, nameHash } from './servers.ts';

export interface ModelBuilder {
  build(graph: Graph, settings: Settings): Model;
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

function isByResponseTime({ algorithm, hashBy }: Balancing): boolean {
  return algorithm === 'ewma' && hashBy === null;
}

function usesResponseTimes({ backends }: Graph, { loadBalance }: Settings): boolean {
  const uses = ({ balancing, routes }: Backend) =>
    isByResponseTime(balancing) ||
    routes.some(({ canaries }) => canaries.some((canary) => isByResponseTime(canary.balancing)));
  return loadBalance === 'ewma' || backends.some(uses);
}

interface HttpParts {
  readonly graph: Pick<Graph, 'dhParameters' | 'redirects'>;
  readonly settings: Settings;
  readonly servers: readonly Server[];
  readonly learnsResponseTimes: boolean;
}

function buildHttp({ graph, settings, servers, learnsResponseTimes }: HttpParts): HttpModel {
  return Object.freeze({
    settings,
    nameHash: nameHash(servers, graph.redirects),
    authCache: keepsAnswers(servers),
    learnsResponseTimes,
    tls: httpTls(graph, settings, servers),
  });
}

/** A host of the graph that is unchanged gives the same server, by identity. */
export function createModelBuilder(): ModelBuilder {
  const live = createLiveBuilder();
  const order = createIncrementalSort<Server>((a, b) => (a.host < b.host ? -1 : 1));
  const groupsOf = memoizeLast(limitGroups);
  // Endpoints and certificates change most often, and no server with them.
  const httpOf = memoizeLast(buildHttp, ({ graph, settings, servers, learnsResponseTimes }) => [
    graph.dhParameters,
    graph.redirects,
    settings,
    servers,
    learnsResponseTimes,
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

  return {
    build(graph, settings) {
      const { servers: memo, policies } = eraOf(graph, settings);
      const context = { settings, policies, backendName: graph.backendName };
      const servers = order.sort(
        graph.hosts.map((host) => {
          const clientAuth = graph.clientAuth.get(host.name) ?? null;
          const known = memo.get(host);
          if (known?.clientAuth === clientAuth) return known.server;
          const server = buildServer(host, clientAuth, context);
          memo.set(host, { clientAuth, server });
          return server;
        }),
      );
      return {
        http: httpOf({
          graph,
          settings,
          servers,
          learnsResponseTimes: usesResponseTimes(graph, settings),
        }),
        servers,
        redirects: graph.redirects,
        limitGroups: groupsOf(graph.hosts),
        live: live.build(graph),
      };
    },
  };
}
