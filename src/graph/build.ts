/** What all objects mean together. Pure: the same snapshot gives the same graph, however many came before. */
import type { Snapshot } from '../cluster/snapshot.ts';
import { perChunk } from '../lib/chunks.ts';
import { inOneGo } from '../lib/slices.ts';
import type { Sliced } from '../lib/slices.ts';
import { DEFAULT_BACKEND } from './backend-names.ts';
import { createBackendBuilder } from './backends.ts';
import { createCollector } from './collect.ts';
import type { Collected, GraphSettings } from './collect.ts';
import type { ObjectKey } from '../source/objects.ts';
import type { Graph } from './graph.ts';
import { createClientAuthReader } from './client-auth.ts';
import { createDhReader } from './dh-parameters.ts';
import { createCertificateChooser } from './host-certificates.ts';
import { createHostList } from './host-list.ts';
import { createGlobalHeaders } from './header-maps.ts';
import { createHostNames } from './host-names.ts';
import type { GraphOptions } from './options.ts';
import type { Problem } from './problems.ts';
import { createPassthroughReader } from './passthrough.ts';
import { problemsOfSnippets } from './stream-module.ts';
import { createStreamReader } from './streams.ts';
import { createUserListReader } from './user-lists.ts';

export interface GraphBuilder {
  build(snapshot: Snapshot, settings: GraphSettings): Graph;
  /** The same in slices; one at a time. */
  slices(snapshot: Snapshot, settings: GraphSettings): Sliced<Graph>;
}

interface Troubled {
  readonly problems: readonly Problem[];
}

const problemsOf = () => perChunk((items: readonly Troubled[]) => items.flatMap(({ problems }) => problems));

function fileSecretsOf(
  { clientAuth, endpointSecrets }: Collected,
  { sslDhParam }: GraphSettings,
): ReadonlySet<ObjectKey> {
  const keys = clientAuth.flatMap(({ annotations }) => annotations.clientAuth.secret ?? []);
  return new Set([...keys, ...endpointSecrets, ...(sslDhParam === null ? [] : [sslDhParam])]);
}

/** Holds memos of earlier results by identity of their inputs; they change the cost, never the result. */
export function createGraphBuilder(options: GraphOptions): GraphBuilder {
  const collector = createCollector(options);
  const hostsOf = createHostList();
  const backends = createBackendBuilder(options);
  const certificates = createCertificateChooser();
  const namesOf = createHostNames();
  const dhParameters = createDhReader();
  const globalHeaders = createGlobalHeaders();
  const clientAuthOf = createClientAuthReader(options);
  const userListsOf = createUserListReader(options);
  const streamsOf = createStreamReader(options);
  const passedOf = createPassthroughReader(options);
  const problemsOfHosts = problemsOf();
  const problemsOfCertificates = problemsOf();

  function* slices(snapshot: Snapshot, settings: GraphSettings): Sliced<Graph> {
    const collected = yield* collector.collect(snapshot, settings);
    const named = yield* namesOf(yield* hostsOf(collected));
    const all = named.hosts;
    const inputs = { hosts: all, canaries: collected.canaries, snapshot, settings };
    const resolved = yield* backends.build(inputs);
    const chosen = yield* certificates.choose(named, snapshot.secrets);
    const foreignSecrets = settings.allowCrossNamespaceResources ? 'allowed' : 'refused';
    const clientAuth = clientAuthOf(collected.clientAuth, snapshot.secrets, { foreignSecrets });
    const users = userListsOf(collected.passwords, snapshot.secrets, { foreignSecrets });
    const headers = globalHeaders(settings, snapshot.configMaps);
    const streams = streamsOf(snapshot, settings);
    const passed = yield* passedOf(all, snapshot);
    const dh = dhParameters(settings.sslDhParam, snapshot.secrets);
    const defaultSecret = snapshot.secrets.get(options.defaultSslCertificate ?? '');
    const ofHosts = yield* problemsOfHosts(all);
    const ofCertificates = yield* problemsOfCertificates(chosen);
    return Object.freeze({
      hosts: all,
      backends: resolved.list,
      collisions: resolved.collisions,
      backendName: (ref) =>
        ref === null ? DEFAULT_BACKEND : (resolved.names.get(ref.key) ?? DEFAULT_BACKEND),
      redirects: named.redirects,
      certificates: chosen,
      defaultCertificate: defaultSecret === undefined ? null : certificates.parse(defaultSecret),
      clientAuth,
      userLists: users.lists,
      fileSecrets: fileSecretsOf(collected, settings),
      dhParameters: dh.pem,
      headers,
      streams,
      passthrough: passed.hosts,
      streamSnippets: collected.streamSnippets,
      problems: Object.freeze([
        ...dh.problems,
        ...headers.problems,
        ...streams.problems,
        ...passed.problems,
        ...problemsOfSnippets(collected.streamSnippets, options),
        ...Array.from(clientAuth.values()).flatMap((entry) => entry.problems),
        ...users.problems,
        ...collected.problems,
        ...ofHosts.flat(),
        ...named.problems,
        ...resolved.problems,
        ...ofCertificates.flat(),
      ]),
      counts: { ingresses: collected.count, hosts: all.length },
    } satisfies Graph);
  }

  return { slices, build: (snapshot, settings) => inOneGo(slices(snapshot, settings)) };
}
