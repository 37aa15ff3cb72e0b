/** What nginx does with TCP and UDP besides HTTP. */
import type { Graph, ParsedIngress } from '../graph/graph.ts';
import type { Literal } from '../text/safe.ts';
import type { StreamModel } from './model.ts';

export function buildStream({
  streams: { services },
  passthrough: passed,
  streamSnippets,
  backendName: nameOf,
}: Pick<Graph, 'streams' | 'passthrough' | 'streamSnippets' | 'backendName'>): StreamModel {
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
