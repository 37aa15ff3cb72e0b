/** One host from all the rules that name it, oldest Ingress first (compat/behaviour.md sections 6 and 7). */
import type { Literal, Pattern } from '../text/safe.ts';
import type {
  BackendRef,
  GraphHost,
  Host,
  HostPath,
  ParsedIngress,
  ParsedPath,
  ParsedRule,
} from './graph.ts';
import { standInOf } from './default-backends.ts';
import { refused, warning } from './problems.ts';
import type { Problem } from './problems.ts';

export interface Contribution {
  readonly ingress: ParsedIngress;
  readonly rule: ParsedRule;
}

interface Merge {
  readonly host: Host;
  /** By type and path, in the order of age. */
  readonly paths: Map<string, HostPath>;
  /** Whether "/" still is the one that comes from no rule, which the first rule for it takes over. */
  rootIsFree: boolean;
  readonly problems: Problem[];
}

const ROOT = '/' as Literal;
const ROOT_PATTERN = '/' as string as Pattern;

/**
 * @param contributions rules of this host, oldest Ingress first.
 * @param catchAll for the host `_`: Ingresses with a default backend and no rules, oldest first.
 */
export function mergeHost(
  host: Host,
  contributions: readonly Contribution[],
  catchAll: readonly ParsedIngress[],
): GraphHost {
  const root = implicitRoot(contributions[0], catchAll[0] ?? null, host);
  const merge: Merge = {
    host,
    // It is older than all rules, and keeps its place when one takes it over: among expressions the first counts.
    paths: new Map([[keyOf(root), root]]),
    rootIsFree: catchAll.length === 0,
    problems: [],
  };
  for (const loser of catchAll.slice(1)) reportCatchAllLoser(merge, loser, catchAll[0]);
  for (const { ingress, rule } of contributions) {
    for (const path of rule.paths) addPath(merge, ingress, path);
  }
  const all = [...merge.paths.values()];
  const matching = all.some(wantsRegex) ? 'regex' : 'plain';
  const paths = matching === 'regex' ? usableAsRegex(merge, all) : all;
  return Object.freeze({
    name: host,
    paths: Object.freeze(withKinds(paths).toSorted(byLength)),
    matching,
    ...aliasesOf(contributions),
    ...ciphersOf(contributions),
    ...snippetOf(contributions),
    passthrough: Object.freeze(contributions.filter(asksForPassthrough).map(({ ingress }) => ingress)),
    endpointTrustOwner: endpointTrustOwner([...catchAll, ...contributions.map(({ ingress }) => ingress)]),
    tlsOwner:
      host === '_' ? null : (contributions.find(({ ingress }) => ingress.tls.length > 0)?.ingress ?? null),
    problems: Object.freeze(merge.problems),
  });
}

const NO_ALIASES = Object.freeze({ aliases: Object.freeze([]), aliasOwner: null });

function aliasesOf(contributions: readonly Contribution[]): Pick<GraphHost, 'aliases' | 'aliasOwner'> {
  for (const { ingress } of contributions) {
    const { aliases } = ingress.annotations.server;
    if (aliases !== null && aliases.length > 0) {
      return { aliases: Object.freeze([...new Set(aliases)].sort()), aliasOwner: ingress };
    }
  }
  return NO_ALIASES;
}

/** Each from the oldest Ingress that says it (compat/behaviour.md 6.3). */
function ciphersOf(
  contributions: readonly Contribution[],
): Pick<GraphHost, 'ciphers' | 'ciphersOwner' | 'preferServerCiphers' | 'preferenceOwner'> {
  const first = (name: 'ciphers' | 'preferServerCiphers') =>
    contributions.find(({ ingress }) => ingress.annotations.server[name] !== null)?.ingress ?? null;
  const [ciphersOwner, preferenceOwner] = [first('ciphers'), first('preferServerCiphers')];
  return {
    ciphers: ciphersOwner?.annotations.server.ciphers ?? null,
    ciphersOwner,
    preferServerCiphers: preferenceOwner?.annotations.server.preferServerCiphers ?? null,
    preferenceOwner,
  };
}

function snippetOf(contributions: readonly Contribution[]): Pick<GraphHost, 'snippet' | 'snippetOwner'> {
  const owner =
    contributions.find(({ ingress }) => ingress.annotations.snippets.server !== null)?.ingress ?? null;
  return { snippet: owner?.annotations.snippets.server ?? null, snippetOwner: owner };
}

function asksForPassthrough({ ingress }: Contribution): boolean {
  return ingress.annotations.server.passthrough === true;
}

function endpointTrustOwner(ingresses: readonly ParsedIngress[]): ParsedIngress | null {
  const says = ({ references: { endpointTrust: trust } }: ParsedIngress) =>
    trust !== null && (trust === 'broken' || trust.trusts);
  return ingresses.find(says) ?? null;
}

// The first Ingress of a host also owns its implicit "/" with all its annotations; that of "_" belongs to the catch-all.
function implicitRoot(first: Contribution | undefined, catchAll: ParsedIngress | null, host: Host): HostPath {
  const owner = host === '_' ? catchAll : (first?.ingress ?? null);
  const backend = owner?.defaultBackend ?? null;
  return {
    path: ROOT,
    type: 'Prefix',
    pattern: ROOT_PATTERN,
    owner,
    backend,
    declared: backend,
    settings: host === '_' ? 'no-redirects' : 'all',
    kind: '',
    standIn: standInOf(owner, backend),
  };
}

function keyOf({ type, path }: Pick<HostPath, 'type' | 'path'>): string {
  return `${type} ${path}`;
}

function addPath(merge: Merge, ingress: ParsedIngress, path: ParsedPath): void {
  const key = keyOf(path);
  const existing = merge.paths.get(key);
  const isFreeRoot = existing?.path === ROOT && existing.type === 'Prefix' && merge.rootIsFree;
  if (existing !== undefined && !isFreeRoot) {
    reportLoser(merge, { ingress, path, winner: existing.owner });
    return;
  }
  if (isFreeRoot) merge.rootIsFree = false;
  merge.paths.set(key, {
    path: path.path,
    type: path.type,
    pattern: path.pattern,
    owner: ingress,
    backend: path.backend,
    declared: path.backend,
    settings: 'all',
    kind: '',
    standIn: standInOf(ingress, path.backend),
  });
}

function reportLoser(
  merge: Merge,
  loss: { readonly ingress: ParsedIngress; readonly path: ParsedPath; readonly winner: ParsedIngress | null },
): void {
  const { ingress, path, winner } = loss;
  const at = { object: ingress.ref, field: `${path.field}.path` };
  const where = `host "${merge.host}" and path "${path.path}"`;
  if (winner === ingress) {
    const message = `${where} stand twice in this Ingress; the first of them counts, remove the other`;
    merge.problems.push(warning('path-conflict', { ...at, message }));
    return;
  }
  const owner = winner === null ? 'another' : `${winner.namespace}/${winner.name}`;
  const message = `${where} is already defined in ingress ${owner}, which had it first; use another host or path`;
  merge.problems.push(refused('path-conflict', { ...at, message }));
}

function reportCatchAllLoser(merge: Merge, loser: ParsedIngress, winner: ParsedIngress | undefined): void {
  const message = `Ingress ${winner?.namespace}/${winner?.name}, which is older, already is the default backend`;
  merge.problems.push(
    warning('default-backend-conflict', { object: loser.ref, field: 'spec.defaultBackend', message }),
  );
}

/** Non-empty and different from the path (compat/behaviour.md 7.4). */
export function hasEffectiveRewrite(path: HostPath): boolean {
  const target = path.settings === 'all' ? (path.owner?.annotations.rewrite.target ?? null) : null;
  return target !== null && (target as string) !== (path.path as string);
}

export function wantsRegex(path: HostPath): boolean {
  const rewrite = path.settings === 'all' ? path.owner?.annotations.rewrite : undefined;
  return rewrite?.useRegex === true || hasEffectiveRewrite(path);
}

function usableAsRegex(merge: Merge, paths: readonly HostPath[]): HostPath[] {
  return paths.filter((path) => {
    if (path.pattern !== null) return true;
    if (path.owner === null) return false;
    const message =
      `host "${merge.host}" is matched by regular expressions, and "${path.path}" is none that nginx can use; ` +
      'correct it, or remove use-regex and rewrite-target from all Ingresses of the host';
    const field = fieldOf(path.owner, merge.host, path);
    merge.problems.push(refused('path-invalid', { object: path.owner.ref, field, message }));
    return false;
  });
}

function fieldOf(owner: ParsedIngress, host: Host, { path, type }: HostPath): string {
  const paths = owner.rules.filter((rule) => rule.host === host).flatMap((rule) => rule.paths);
  const found = paths.find((other) => other.path === path && other.type === type);
  return found === undefined ? 'spec.rules' : `${found.field}.path`;
}

/** Longer first, then descending, then by age (compat/behaviour.md 7.3); lengths are in bytes. */
function byLength(a: HostPath, b: HostPath): number {
  const difference = Buffer.byteLength(b.path) - Buffer.byteLength(a.path);
  if (difference !== 0 || a.path === b.path) return difference;
  return a.path > b.path ? -1 : 1;
}

/** An Exact path with a Prefix twin is told apart in the live state by its kind. */
function withKinds(paths: readonly HostPath[]): readonly HostPath[] {
  const prefixes = new Set<string>();
  for (const { type, path } of paths) if (type === 'Prefix') prefixes.add(path);
  return paths.map((path) =>
    path.type === 'Exact' && prefixes.has(path.path) ? { ...path, kind: 'exact' } : path,
  );
}

/** All references of a host, in the order of its paths. */
export function backendsOf(host: GraphHost): readonly BackendRef[] {
  return host.paths.flatMap((path) => (path.backend === null ? [] : [path.backend]));
}
