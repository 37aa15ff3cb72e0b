/** Annotations under our prefix that have no effect. */
import { nearest } from '../../lib/nearest.ts';
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

/** @param known those that have an effect. */
export function problemsOfOthers(
  { given, prefix, object }: Given,
  known: Pick<ReadonlyMap<string, unknown>, 'has' | 'keys'>,
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
  const others = [...given.keys()].sort().filter((name) => !known.has(name) && !deprecatedNames.has(name));
  return [
    ...groups,
    ...others.map((name) =>
      warning(
        'annotation-unknown',
        at(
          name,
          `is not an annotation of this controller; it is ignored${suggestion(name, [...known.keys()])}`,
        ),
      ),
    ),
  ];
}

function suggestion(name: string, known: readonly string[]): string {
  const found = nearest(name, known);
  return found === undefined ? '' : `; did you mean ${found}?`;
}
