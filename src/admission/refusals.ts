/** What the graph of a candidate and its neighbours says against the candidate. */
import { keyOf } from '../lib/keys.ts';
import { wantsRegex } from '../graph/hosts.ts';
import type { Graph, GraphHost, HostPath } from '../graph/graph.ts';
import type { Problem } from '../graph/problems.ts';
import type { Ingress } from '../source/objects.ts';
import { isDeprecated } from './inspect.ts';
import { riskOfPattern } from '../text/pattern-risk.ts';

export interface Case {
  readonly candidate: Ingress;
  /** The candidate as it is now; undefined when it is new. */
  readonly stored: Ingress | undefined;
  readonly graph: Graph;
  /** What is said about the candidate as it is now. */
  readonly before: () => readonly Problem[];
}

/** Sentences, each beginning with its field. */
export function refusalsOf(judged: Case): readonly string[] {
  return [
    ...problemsOf(judged)
      .filter((problem) => isRefusal(problem, judged))
      .map(describe),
    ...judged.graph.hosts.flatMap((host) => [
      ...harmTo(host, judged),
      ...twins(host, judged),
      ...risks(host, judged),
    ]),
  ];
}

/** What its owner should know of what is accepted all the same. */
export function graphWarningsOf(judged: Case, prefix: string): readonly string[] {
  return problemsOf(judged)
    .filter((problem) => !isRefusal(problem, judged) && !isDeprecated(problem.field, prefix))
    .map(describe);
}

function isRefusal(problem: Problem, { before }: Case): boolean {
  if (problem.severity !== 'refused') return false;
  const { use, field } = problem;
  if (use === undefined) return true;
  // Who exceeds a budget already may change everything else, and take less of it.
  return !before().some(
    (known) => known.field === field && known.use?.budget === use.budget && known.use.has >= use.has,
  );
}

function describe({ field, message }: Problem): string {
  return field === '' ? message : `${field}: ${message}`;
}

export function problemsOf({ candidate, graph }: Pick<Case, 'candidate' | 'graph'>): readonly Problem[] {
  return graph.problems.filter(
    ({ object }) => object.kind === 'Ingress' && keyOf(object) === keyOf(candidate.metadata),
  );
}

export function isOwn(path: HostPath, candidate: Ingress): boolean {
  return path.owner !== null && keyOf(path.owner.ref) === keyOf(candidate.metadata);
}

/** Whether the host is matched by regular expressions because of the candidate alone. */
export function turnsRegex(host: GraphHost, candidate: Ingress): boolean {
  return host.matching === 'regex' && !host.paths.some((path) => wantsRegex(path) && !isOwn(path, candidate));
}

/** Paths of others that would be lost, since they are no regular expressions. */
function harmTo(host: GraphHost, { candidate }: Case): readonly string[] {
  if (!turnsRegex(host, candidate)) return [];
  return host.problems
    .filter(({ code, object }) => code === 'path-invalid' && keyOf(object) !== keyOf(candidate.metadata))
    .map(
      ({ object, message }) =>
        `metadata.annotations: use-regex or rewrite-target would take a path from ingress ${keyOf(object)}: ${message}`,
    );
}

/**
 * Prefix /x and /x/ match the same paths but one, so that whoever adds one takes them from who has the other. Within a
 * namespace that may be meant; from another one it is refused, either way round, unless it is so already.
 */
function twins(host: GraphHost, { candidate, stored }: Case): readonly string[] {
  if (host.matching === 'regex') return [];
  const byText = new Map(
    host.paths.filter(({ type }) => type === 'Prefix').map((path) => [path.path as string, path]),
  );
  const refusals: string[] = [];
  for (const path of byText.values()) {
    if (!isOwn(path, candidate) || path.path === '/' || fieldOf(stored, host, path) !== null) continue;
    const other = byText.get(path.path.endsWith('/') ? path.path.slice(0, -1) : `${path.path}/`);
    if (other?.owner?.namespace === undefined || other.owner.namespace === candidate.metadata.namespace)
      continue;
    refusals.push(
      `${fieldOf(candidate, host, path) ?? 'spec.rules'}: host "${host.name}" and path "${path.path}" is already defined ` +
        `in ingress ${other.owner.namespace}/${other.owner.name} as "${other.path}"; use another host or path`,
    );
  }
  return refusals;
}

function risks(host: GraphHost, { candidate }: Case): readonly string[] {
  if (host.matching === 'plain') return [];
  return host.paths
    .filter((path) => isOwn(path, candidate))
    .flatMap((path) => {
      const target = path.owner?.annotations.rewrite.target ?? '';
      const risk = path.pattern === null ? null : riskOfPattern(path.pattern, target);
      if (risk === null) return [];
      return [
        `${fieldOf(candidate, host, path) ?? 'spec.rules'}: host "${host.name}" is matched by regular expressions, ` +
          `and "${path.path.slice(0, 100)}" ${risk}`,
      ];
    });
}

/** Where an Ingress names a path of a host; null when it does not. */
function fieldOf(ingress: Ingress | undefined, host: GraphHost, path: HostPath): string | null {
  for (const [at, rule] of (ingress?.spec.rules ?? []).entries()) {
    const name = rule.host === undefined || rule.host === '' ? '_' : rule.host;
    if (name !== host.name) continue;
    const index = (rule.http?.paths ?? []).findIndex((entry) => (entry.path ?? '') === path.path);
    if (index !== -1) return `spec.rules[${at}].http.paths[${index}].path`;
  }
  return null;
}
