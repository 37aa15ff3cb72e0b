/** How many paths of an Ingress are in force, and how much of them may be regular expressions. */
import type { IngressRule } from '../source/objects.ts';
import type { Annotations } from './annotations/read.ts';
import type { ParsedPath, ParsedRule } from './graph.ts';

export interface RulesWithin {
  /** With their paths as far as these are within the budget. */
  readonly rules: readonly IngressRule[];
  /** Rules all of whose paths are beyond it. */
  readonly beyond: readonly IngressRule[];
  readonly paths: number;
}

/** A rule without paths counts as one: it makes a server and a location, too. */
export function rulesWithin(rules: readonly IngressRule[], most: number): RulesWithin {
  const kept: IngressRule[] = [];
  let count = 0;
  for (const rule of rules) {
    const paths = rule.http?.paths ?? [];
    const left = most - count;
    if (left > 0) kept.push(paths.length <= left ? rule : { ...rule, http: { paths: paths.slice(0, left) } });
    count += Math.max(1, paths.length);
  }
  return { rules: kept, beyond: rules.slice(kept.length), paths: count };
}

export interface ExpressionsWithin {
  readonly rules: readonly ParsedRule[];
  readonly bytes: number;
  /** Paths beyond the budget, in their order. */
  readonly beyond: readonly ParsedPath[];
}

/** The expressions of aliases count before those of paths; there cannot be many bytes of them. */
export function expressionsWithin(
  rules: readonly ParsedRule[],
  { rewrite, server }: Pick<Annotations, 'rewrite' | 'server'>,
  most: number,
): ExpressionsWithin {
  const wanted = rewrite.useRegex === true || rewrite.target !== null;
  const beyond = new Set<ParsedPath>();
  let bytes = (server.aliases ?? [])
    .filter((alias) => alias.startsWith('~'))
    .reduce((sum, alias) => sum + Buffer.byteLength(alias), 0);
  for (const path of rules.flatMap(({ paths }) => paths)) {
    if (!(path.pattern !== null && (wanted || hasSigns(path)))) continue;
    bytes += Buffer.byteLength(path.path);
    if (bytes > most) beyond.add(path);
  }
  if (beyond.size === 0) return { rules, bytes, beyond: [] };
  const kept = rules.map((rule) => ({ ...rule, paths: rule.paths.filter((path) => !beyond.has(path)) }));
  return { rules: kept, bytes, beyond: [...beyond] };
}

/** Another Ingress may turn the host into regular expressions. */
function hasSigns({ path }: ParsedPath): boolean {
  return /[^A-Za-z0-9._\-/]/.test(path);
}
