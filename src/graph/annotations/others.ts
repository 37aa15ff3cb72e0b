/** Annotations under our prefix that have no effect. */
import type { ObjectRef } from '../../source/objects.ts';
import { warning } from '../problems.ts';
import type { Problem } from '../problems.ts';
import { deprecatedAnnotations } from './deprecated.ts';

interface Given {
  /** By name without the prefix. */
  readonly given: ReadonlyMap<string, string>;
  /** With its slash. */
  readonly prefix: string;
  readonly object: ObjectRef;
}

const deprecatedNames: ReadonlySet<string> = new Set(deprecatedAnnotations.flatMap(({ names }) => names));

/** @param isKnown whether an annotation has an effect. */
export function problemsOfOthers(
  { given, prefix, object }: Given,
  isKnown: (name: string) => boolean,
): readonly Problem[] {
  const at = (name: string, message: string) => ({
    object,
    field: `metadata.annotations["${prefix}${name}"]`,
    message,
  });
  const groups = deprecatedAnnotations.flatMap(({ names, advice }) => {
    const first = names.find((name) => given.has(name));
    const message = `has no effect, as with ingress-nginx itself; ${advice}`;
    return first === undefined ? [] : [warning('annotation-deprecated', at(first, message))];
  });
  const others = [...given.keys()].sort().filter((name) => !isKnown(name) && !deprecatedNames.has(name));
  return [
    ...groups,
    ...others.map((name) =>
      warning('annotation-unknown', at(name, 'is not an annotation of this controller; it is ignored')),
    ),
  ];
}
