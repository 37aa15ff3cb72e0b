/** Warnings about annotations of one Ingress that are good, but do not do together what their owner wants. */
import type { ObjectRef } from '../source/objects.ts';
import { hasRulesWithoutCanary } from './annotations/canary.ts';
import type { Annotations } from './annotations/read.ts';
import type { ParsedRule } from './graph.ts';
import { warning } from './problems.ts';
import type { Problem } from './problems.ts';

interface Facts {
  readonly object: ObjectRef;
  readonly values: Annotations;
  readonly rules: readonly ParsedRule[];
  /** Of annotations. */
  readonly prefix: string;
}

/** What a browser would not find at the beginning of the paths that the expression matches. */
const SIGNS = /[()[\]{}^$*+?|\\]/;

export function withoutEffect({ object, values, rules, prefix }: Facts): readonly Problem[] {
  const fieldOf = (name: string) => `metadata.annotations["${prefix}/${name}"]`;
  const problems: Problem[] = [];
  if (hasRulesWithoutCanary(values.canary)) {
    const message = 'is not "true", so that the rules of the canary have no effect; write canary: "true"';
    problems.push(warning('canary-disabled', { object, field: fieldOf('canary'), message }));
  }
  const path = cookiePathOf(values, rules);
  if (path !== undefined) {
    // The first words are those that scripts look for in logs of ingress-nginx.
    const message =
      `session-cookie-path should be set when use-regex is true: the path "${path}" of the cookie is an expression, ` +
      'and no browser sends it back; write the beginning of all its paths, such as "/"';
    problems.push(warning('cookie-path-missing', { object, field: fieldOf('session-cookie-path'), message }));
  }
  return problems;
}

/** The first that is none (compat/behaviour.md 13.1). */
function cookiePathOf({ affinity, rewrite }: Annotations, rules: readonly ParsedRule[]): string | undefined {
  if (affinity.affinity === null || affinity.path !== null || rewrite.useRegex !== true) return undefined;
  return rules.flatMap(({ paths }) => paths).find(({ path }) => SIGNS.test(path))?.path;
}
