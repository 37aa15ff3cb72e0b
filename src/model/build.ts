import type { Settings } from '../config/settings/table.ts';
import type { Backend, Balancing, Graph, GraphHost, HostClientAuth } from '../graph/graph.ts';
import { chunksOf, createJoin, joined, perChunk } from '../lib/chunks.ts';
import type { Chunk } from '../lib/chunks.ts';
import { memoizeLast, sameItems } from '../lib/memo.ts';
import { inOneGo, memoizeSliced } from '../lib/slices.ts';
import type { Sliced } from '../lib/slices.ts';
import { authPoolsOf } from './external-auth.ts';
import { limitGroups, limitersOf } from './access.ts';
import { createBackendTlsTable } from './backend-tls.ts';
import type { PoolName } from './backend-tls.ts';
import { createLiveBuilder } from './live.ts';
import type { HttpModel, Model, Server } from './model.ts';
import { httpTls, tlsFactsOf } from './http-tls.ts';
import type { TlsFacts } from './http-tls.ts';
import type { PolicyNames } from './live-routes.ts';
import { createPolicyTable } from './policy.ts';
import { buildStream, divideStreams } from './stream.ts';
import { buildServer, lengthsOf, nameHash } from './servers.ts';
import type { NameLengths } from './servers.ts';

export interface ModelBuilder {
  build(graph: Graph, settings: Settings): Model;
  /** The same in slices; one at a time. */
  slices(graph: Graph, settings: Settings): Sliced<Model>;
}

interface Entry {
  readonly clientAuth: HostClientAuth | null;
  readonly server: Server;
}

/** The servers of a chunk of hosts. */
interface Part {
  readonly clientAuth: Graph['clientAuth'];
  readonly servers: Chunk<Server>;
}

interface Era {
  serversOf(hosts: Chunk<GraphHost>, graph: Graph): Chunk<Server>;
}

/** What some servers mean for the level of http. */
interface Facts extends TlsFacts {
  readonly names: NameLengths;
  readonly keepsAnswers: boolean;
  readonly modsecurity: boolean;
  readonly speaksGrpc: boolean;
  readonly asksForPasswords: boolean;
  readonly makesSpans: boolean;
  readonly hasExtras: boolean;
  readonly authPools: ReturnType<typeof authPoolsOf>;
  readonly pools: readonly PoolName[];
}

function factsOf(servers: readonly Server[]): Facts {
  return {
    ...tlsFactsOf(servers),
    names: lengthsOf(servers.flatMap(({ host, aliases }) => [host, ...aliases])),
    authPools: authPoolsOf(servers),
    speaksGrpc: servers.some(({ locations }) =>
      locations.some(({ policy }) => policy.upstream.protocol.startsWith('grpc')),
    ),
    modsecurity: servers.some(({ locations }) => locations.some(({ policy }) => policy.security !== null)),
    keepsAnswers: servers.some(({ locations }) =>
      locations.some(({ policy }) => (policy.auth?.cacheKey ?? null) !== null),
    ),
    asksForPasswords: servers.some(({ locations }) =>
      locations.some(({ policy }) => policy.password !== null),
    ),
    makesSpans: servers.some(({ locations }) => locations.some(({ policy }) => policy.telemetry !== null)),
    hasExtras: servers.some(({ locations }) => locations.some(({ policy }) => policy.extras !== null)),
    pools: servers.flatMap(({ locations }) =>
      locations.flatMap(({ tls }) => (tls === null || tls.kind === 'apart' ? [] : (tls.pool ?? []))),
    ),
  };
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

function authPoolsIn(facts: readonly Facts[]): HttpModel['authPools'] {
  const pools = new Map(facts.flatMap(({ authPools }) => [...authPools]));
  return [...pools.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface HttpParts {
  readonly graph: Pick<Graph, 'dhParameters' | 'redirects' | 'headers'>;
  readonly settings: Settings;
  readonly facts: readonly Facts[];
  readonly learnsResponseTimes: boolean;
}

function buildHttp({ graph, settings, facts, learnsResponseTimes }: HttpParts): HttpModel {
  const redirected = lengthsOf(graph.redirects.map(({ from }) => from));
  return Object.freeze({
    settings,
    nameHash: nameHash([...facts.map(({ names }) => names), redirected]),
    authCache: facts.some(({ keepsAnswers }) => keepsAnswers),
    speaksGrpc: facts.some(({ speaksGrpc }) => speaksGrpc),
    modsecurity: settings.enableModsecurity || facts.some(({ modsecurity }) => modsecurity),
    headers: graph.headers,
    authPools: authPoolsIn(facts),
    learnsResponseTimes,
    asksForPasswords: facts.some((part) => part.asksForPasswords),
    makesSpans: facts.some((part) => part.makesSpans),
    hasExtras: facts.some((part) => part.hasExtras),
    pools: [...new Set(facts.flatMap(({ pools }) => pools))].sort(),
    tls: httpTls(graph, settings, facts),
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
  const replaced = memoizeLast((chunk: Chunk<Server>, bare: Server, filled: Server) =>
    chunk.map((server) => (server === bare ? filled : server)),
  );
  return memoizeLast((servers: readonly Server[], settings: Settings): readonly Server[] => {
    const policies = inUse?.(servers, settings) ?? [];
    const bare = servers.find(({ name }) => name.kind === 'catch-all');
    if (policies.length === 0 || bare === undefined) return servers;
    const filled = fill(bare, policies);
    const chunks = chunksOf(servers);
    return joined(chunks.map((chunk) => (chunk.includes(bare) ? replaced(chunk, bare, filled) : chunk)));
  });
}

/** A host of the graph that is unchanged gives the same server, by identity. @param inUse null without live routes. */
export function createModelBuilder(inUse: PoliciesInUse = null): ModelBuilder {
  const live = createLiveBuilder();
  const withPolicies = createPolicyHolder(inUse);
  const factsAbout = perChunk(factsOf);
  const limiters = perChunk(limitersOf);
  const eraOf = createEras();
  const join = createJoin<Server>();
  const serversOf = memoizeSliced(
    function* servers(era: Era, graph: Graph) {
      const chunks: Chunk<Server>[] = [];
      for (const chunk of chunksOf(graph.hosts)) {
        chunks.push(era.serversOf(chunk, graph));
        yield;
      }
      return join(chunks);
    },
    (era, { hosts, clientAuth }) => [era, hosts, clientAuth],
  );
  // Endpoints and certificates change most often, and no server with them.
  const httpOf = memoizeSliced(
    function* http(parts: Omit<HttpParts, 'facts'>, servers: readonly Server[]) {
      return buildHttp({ ...parts, facts: yield* factsAbout(servers) });
    },
    ({ graph, settings, learnsResponseTimes }, servers) => [
      graph.dhParameters,
      graph.headers,
      graph.redirects,
      settings,
      learnsResponseTimes,
      servers,
    ],
  );
  const groupsOf = memoizeSliced(function* groups(hosts: Graph['hosts']) {
    return limitGroups((yield* limiters(hosts)).flat());
  });

  const dividedOf = memoizeLast(divideStreams);
  // What nginx asks for while it runs is not part of any file.
  const streamOf = memoizeLast(buildStream, (servers, { passthrough, streamSnippets }) => [
    JSON.stringify(servers),
    passthrough,
    streamSnippets,
  ]);

  function* slices(graph: Graph, settings: Settings): Sliced<Model> {
    const bare = yield* serversOf(eraOf(graph, settings), graph);
    const servers = withPolicies(bare, settings);
    yield;
    const learnsResponseTimes = usesResponseTimes(graph, settings);
    const { servers: streams, names: endpointNames } = dividedOf(graph.streams.services);
    return {
      http: yield* httpOf({ graph, settings, learnsResponseTimes }, servers),
      servers,
      stream: streamOf(streams, graph),
      redirects: graph.redirects,
      limitGroups: yield* groupsOf(graph.hosts),
      live: yield* live.build(graph),
      endpointNames,
    };
  }

  return { slices, build: (graph, settings) => inOneGo(slices(graph, settings)) };
}

/** Memos of servers live as long as everything that a server depends on besides its host stays the same. */
function createEras(): (graph: Graph, settings: Settings) => Era {
  return memoizeLast(
    (_graph: Graph, settings: Settings): Era => {
      const policies = createPolicyTable(settings);
      const backendTls = createBackendTlsTable(settings);
      const servers = new WeakMap<GraphHost, Entry>();
      const parts = new WeakMap<Chunk<GraphHost>, Part>();
      const serverOf = (host: GraphHost, graph: Graph) => {
        const clientAuth = graph.clientAuth.get(host.name) ?? null;
        const known = servers.get(host);
        if (known?.clientAuth === clientAuth) return known.server;
        const { backendName } = graph;
        const server = buildServer(host, clientAuth, { settings, policies, backendTls, backendName });
        servers.set(host, { clientAuth, server });
        return server;
      };
      return {
        serversOf(hosts, graph) {
          const { clientAuth } = graph;
          const known = parts.get(hosts);
          if (known?.clientAuth === clientAuth) return known.servers;
          const made = hosts.map((host) => serverOf(host, graph));
          const same = known !== undefined && sameItems(known.servers, made) ? known.servers : made;
          parts.set(hosts, { clientAuth, servers: same });
          return same;
        },
      };
    },
    (graph, settings) => [graph.collisions, settings],
  );
}
