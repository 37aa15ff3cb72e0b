/** The Services of the annotation `default-backend` (compat/behaviour.md section 8). */
import type { Literal } from '../text/safe.ts';
import { DEFAULT_BALANCING } from './balancing.ts';
import type { Use } from './balancing.ts';
import type { BackendRef, GraphHost, ParsedIngress } from './graph.ts';

const FIRST_PORT = '' as Literal;

/** Null where the annotation is absent, or the global default backend serves the path anyway. */
export function standInOf(owner: ParsedIngress | null, backend: BackendRef | null): BackendRef | null {
  const service = owner?.annotations.errors.defaultBackend ?? null;
  if (owner === null || service === null || backend === null) return null;
  const { namespace } = owner;
  return { namespace, service, port: FIRST_PORT, key: `${namespace}/${service}/` };
}

/** By key. How endpoints are chosen is up to the backend that each stands in for: the workers take it from there. */
export function collectDefaultBackends(hosts: readonly GraphHost[]): ReadonlyMap<string, Use> {
  const uses = new Map<string, Use>();
  for (const { paths } of hosts) {
    for (const { standIn: ref } of paths) {
      if (ref === null || uses.has(ref.key)) continue;
      uses.set(ref.key, { ref, use: 'endpoints', balancing: DEFAULT_BALANCING, affinity: null });
    }
  }
  return uses;
}
