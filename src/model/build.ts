import type { Settings } from '../config/settings/table.ts';
import type { Backend, Balancing, Graph, GraphHost, HostClientAuth } from '../graph/graph.ts';
import { createIncrementalSort } from '../lib/incremental-sort.ts';
import { memoizeLast } from '../lib/memo.ts';
import { inOneGo, mapped } from '../lib/slices.ts';
import type { Sliced } from '../lib/slices.ts';
import { limitGroups } from './access.ts';
import { createLiveBuilder } from './live.ts';
import type { HttpModel, Model, Server } from './model.ts';
import { httpTls } from './http-tls.ts';
import type { PolicyNames } from './live-routes.ts';
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

/** How the default server learns the policies that hosts newer than the file may take; null: it does not. */
type PoliciesInUse = PolicyNames['inUse'] | null;

/** The same servers, and policies in the default one; by identity as long as these are. */
function createPolicyHolder(inUse: PoliciesInUse) {
  // Names say what a policy says.
  const fill = memoizeLast(
    (bare: Server, policies: Server['policies']): Server => Object.freeze({ ...bare, policies }),
    (bare, policies) => [bare, policies.map(({ name }) => name).join()],
  );
  return memoizeLast((servers: readonly Server[], settings: Settings): readonly Server[] => {
    const policies = inUse?.(servers, settings) ?? [];
    if (policies.length === 0) return servers;
    return servers.map((server) => (server.name.kind === 'catch-all' ? fill(server, policies) : server));
  });
}

/** A host of the graph that is unchanged gives the same server, by identity. @param inUse null without live routes. */
export function createModelBuilder(inUse: PoliciesInUse = null): ModelBuilder {
  const live = createLiveBuilder();
  const order = createIncrementalSort<Server>((a, b) => (a.host < b.host ? -1 : 1));
  const withPolicies = createPolicyHolder(inUse);
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
    const bare = order.sort(yield* mapped(graph.hosts, serverOf));
    yield;
    const servers = withPolicies(bare, settings);
    yield;
    const learnsResponseTimes = usesResponseTimes(graph, settings);
    const http = httpOf({ graph, settings, servers, learnsResponseTimes });
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
