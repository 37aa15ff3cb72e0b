/** Where the paths of Ingresses lead. */
import type { Backend, Graph } from '../graph/graph.ts';
import type { Lead } from '../observe/orphans.ts';

/** Paths of the catch-all that no Ingress has claimed lead nowhere of their own. */
export function* leadsIn({ hosts, backends }: Graph): Generator<Lead> {
  const states = new Map(
    backends.flatMap((backend) => (backend.ref === null ? [] : [[backend.ref.key, stateOf(backend)]])),
  );
  for (const { paths } of hosts)
    for (const { owner, declared } of paths) {
      const state = declared === null ? undefined : states.get(declared.key);
      if (owner !== null && state !== undefined)
        yield { namespace: owner.namespace, ingress: owner.name, state };
    }
}

function stateOf({ problems, target }: Backend): Lead['state'] {
  if (problems.some(({ code }) => code === 'service-missing')) return 'no-service';
  return target.kind === 'endpoints' && target.endpoints.length === 0 ? 'no-endpoint' : 'served';
}
