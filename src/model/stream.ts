/** What nginx does with TCP and UDP besides HTTP. */
import type { Graph } from '../graph/graph.ts';
import type { Literal } from '../text/safe.ts';
import type { StreamModel } from './model.ts';

export function buildStream(
  services: Graph['streams']['services'],
  passed: Graph['passthrough'],
  nameOf: Graph['backendName'],
): StreamModel {
  const pools = new Map<Literal, readonly string[]>();
  const hosts = passed.map(({ host, backend, endpoints }) => {
    const pool = `passthrough_${nameOf(backend)}` as string as Literal;
    pools.set(pool, endpoints);
    return { host, pool };
  });
  return Object.freeze({
    services,
    passed: hosts,
    pools: Array.from(pools, ([name, endpoints]) => ({ name, endpoints })).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    ),
  });
}
