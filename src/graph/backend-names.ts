/** Names of backends as logs, metrics and tools know them (compat/behaviour.md 5.2). */
import { createHash } from 'node:crypto';
import type { Literal } from '../text/safe.ts';
import type { BackendRef } from './graph.ts';
import { warning } from './problems.ts';
import type { Problem } from './problems.ts';

export const DEFAULT_BACKEND = 'upstream-default-backend' as Literal;

export interface Naming {
  readonly names: ReadonlyMap<string, Literal>;
  readonly collisions: string;
  readonly problems: readonly Problem[];
}

function nameOf({ namespace, service, port }: BackendRef): string {
  return port === '' ? `custom-default-backend-${namespace}-${service}` : `${namespace}-${service}-${port}`;
}

/** Dashes make `a`/`b-c` and `a-b`/`c` share a name; the later key gets one of its own (cures W-05). */
export function nameBackends(uses: ReadonlyMap<string, { readonly ref: BackendRef }>): Naming {
  // The empty key comes first, so that nobody takes the name of the default backend.
  const owners = new Map<string, string>([[DEFAULT_BACKEND, '']]);
  const names = new Map<string, Literal>();
  const collided = new Set<string>();
  for (const [key, { ref }] of uses) {
    const name = nameOf(ref);
    const owner = owners.get(name);
    if (owner === undefined || key < owner) owners.set(name, key);
    if (owner !== undefined) collided.add(owner).add(key);
    names.set(key, name as Literal);
  }
  const problems: Problem[] = [];
  for (const key of collided) {
    const name = names.get(key);
    const ref = uses.get(key)?.ref;
    if (name === undefined || ref === undefined || owners.get(name) === key) continue;
    // No name of Kubernetes holds a "_", so nobody can choose names that lead here.
    const unique = `${name}_${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;
    names.set(key, unique as Literal);
    const object = { kind: 'Service', namespace: ref.namespace, name: ref.service } as const;
    const message = `shares the backend name "${name}" with another Service; it is called "${unique}" in logs`;
    problems.push(warning('backend-name-collision', { object, field: '', message }));
  }
  const collisions = problems.length === 0 ? '' : [...collided].sort().join(' ');
  return { names, collisions, problems };
}
