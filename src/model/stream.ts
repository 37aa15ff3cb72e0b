/** What nginx does with TCP and UDP besides HTTP. */
import type { Graph, ParsedIngress } from '../graph/graph.ts';
import type { Literal } from '../text/safe.ts';
import type { EndpointNames, StreamModel, StreamServer, StreamUpstream } from './model.ts';

type StreamService = Graph['streams']['services'][number];

const DOMAIN = 'endpoints.tidegate';
/** RFC 1035 section 2.3.4; the names of some Services are longer. */
const NAME = /^(?=.{1,253}$)(?:[a-z0-9-]{1,63}\.)*[a-z0-9-]{1,63}$/;
const PLACE = /^\[?([0-9a-f:.]+)\]?:([0-9]+)$/i;

/** What the file says of services, and what nginx learns while it runs: addresses of those whose endpoints have one port. */
export function divideStreams(services: readonly StreamService[]): {
  readonly servers: readonly StreamServer[];
  readonly names: EndpointNames;
} {
  const names = new Map<string, readonly string[]>();
  const servers = services.map((service): StreamServer => {
    const { protocol, port, name, decode, encode } = service;
    const { upstream, addresses } = upstreamOf(service);
    if (upstream.kind === 'name') names.set(upstream.name, addresses);
    return { protocol, port, name, upstream, decode, encode };
  });
  return { servers, names };
}

function upstreamOf({ protocol, port, backend, endpoints }: StreamService): {
  readonly upstream: StreamUpstream;
  readonly addresses: readonly string[];
} {
  const places = endpoints.map((place) => PLACE.exec(place));
  const addresses = places.flatMap((place) => place?.[1] ?? []);
  const ports = [...new Set(places.map((place) => place?.[2]))];
  const [common] = ports;
  const { namespace, service } = backend;
  const name = `${common}.${protocol}-${port}.${service}.${namespace}.${DOMAIN}`;
  if (common === undefined || ports.length > 1 || !NAME.test(name))
    return { upstream: { kind: 'places', places: endpoints }, addresses: [] };
  return { upstream: { kind: 'name', name: name as Literal, port: Number(common) }, addresses };
}

export function buildStream(
  services: readonly StreamServer[],
  {
    passthrough: passed,
    streamSnippets,
    backendName: nameOf,
  }: Pick<Graph, 'passthrough' | 'streamSnippets' | 'backendName'>,
): StreamModel {
  const pools = new Map<Literal, readonly string[]>();
  const hosts = passed.map(({ host, backend, endpoints }) => {
    const pool = `passthrough_${nameOf(backend)}` as string as Literal;
    pools.set(pool, endpoints);
    return { host, pool };
  });
  return Object.freeze({
    services,
    snippets: streamSnippets.flatMap(snippetOf),
    passed: hosts,
    pools: Array.from(pools, ([name, endpoints]) => ({ name, endpoints })).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    ),
  });
}

function snippetOf({ namespace, name, annotations }: ParsedIngress): StreamModel['snippets'] {
  const text = annotations.snippets.stream;
  return text === null ? [] : [{ owner: `${namespace}/${name}` as string as Literal, text }];
}
