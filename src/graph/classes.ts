import type { Snapshot } from '../cluster/snapshot.ts';
import type { Ingress } from '../source/objects.ts';
import type { GraphOptions } from './options.ts';

/** Names of the IngressClasses that belong to this controller (compat/behaviour.md 2.2, recomputed from all objects). */
export function acceptedClasses(snapshot: Snapshot, options: GraphOptions): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { metadata, spec } of snapshot.ingressClasses.values()) {
    const byName = options.ingressClassByName && metadata.name === options.ingressClass;
    if (spec.controller === options.controllerClass || byName) names.add(metadata.name);
  }
  return names;
}

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/**
 * The class decision of compat/behaviour.md 2.1: the first rule that applies decides.
 * @param classes null when IngressClasses cannot be read.
 */
export function belongsToUs(
  ingress: Ingress,
  classes: ReadonlySet<string> | null,
  options: GraphOptions,
): boolean {
  const { ingressClassName } = ingress.spec;
  if (classes !== null && ingressClassName !== undefined && ingressClassName !== '') {
    return classes.has(ingressClassName);
  }
  const annotation = ingress.metadata.annotations?.[CLASS_ANNOTATION];
  if (annotation !== undefined) return annotation === options.ingressClass;
  return options.watchIngressWithoutClass;
}

/** Whether the namespace of an Ingress is in scope at this moment; label changes count at once (cures W-36). */
export function namespaceInScope(
  namespace: string,
  { namespaces }: Pick<Snapshot, 'namespaces'>,
  options: GraphOptions,
): boolean {
  if (options.namespaceSelector === null) return true;
  const labels = namespaces.get(namespace)?.metadata.labels;
  return options.namespaceSelector.matches(labels ?? {});
}

export interface Scope {
  /** Null when IngressClasses cannot be read. */
  readonly classes: ReadonlySet<string> | null;
  readonly options: GraphOptions;
  /** `--watch-namespace`; empty: all. */
  readonly watchNamespace: string;
}

/** Returns whether an Ingress is one of this controller, by its class and its namespace. */
export function createMembership(
  snapshot: Pick<Snapshot, 'namespaces'>,
  { classes, options, watchNamespace }: Scope,
): (ingress: Ingress) => boolean {
  return (ingress) => {
    const { namespace } = ingress.metadata;
    if (!belongsToUs(ingress, classes, options)) return false;
    if (watchNamespace !== '' && watchNamespace !== namespace) return false;
    return namespaceInScope(namespace, snapshot, options);
  };
}
