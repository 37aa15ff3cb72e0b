/** Hosts that depend on how ingress-nginx matches paths (compat/behaviour.md 7.3 to 7.5). All of it is kept here. */
import type { Graph, GraphHost, HostPath } from '../graph/graph.ts';
import type { HostReport, Surprise } from './report.ts';

/** Only hosts with a surprise. */
export function surprisingHosts({ hosts }: Pick<Graph, 'hosts'>): readonly HostReport[] {
  return hosts.flatMap((host) => {
    const found = FINDERS.map(([surprise, find]) => ({ surprise, paths: find(host).map(nameOf) }));
    const surprises = found
      .filter(({ paths }) => paths.length > 0)
      .map(({ surprise, paths }) => ({ surprise, paths: [...new Set(paths)] }));
    return surprises.length === 0 ? [] : [{ host: host.name, surprises }];
  });
}

function nameOf({ path, owner }: HostPath): string {
  return owner === null ? path : `${path} of ${owner.namespace}/${owner.name}`;
}

type Finder = (host: GraphHost) => readonly HostPath[];

/** Those that somebody wrote. */
const owned = ({ paths }: GraphHost) =>
  paths.filter(({ owner, declared }) => owner !== null && declared !== null);
const isRegex = ({ matching }: GraphHost) => matching === 'regex';
const asksForRegex = ({ owner }: HostPath) => owner?.annotations.rewrite.useRegex === true;
const rewrites = ({ owner }: HostPath) => (owner?.annotations.rewrite.target ?? null) !== null;

const FINDERS: readonly (readonly [Surprise, Finder])[] = [
  [
    'prefix-regex',
    (host) => (isRegex(host) ? owned(host).filter(({ path }) => path !== '/' && !path.endsWith('$')) : []),
  ],
  [
    'regex-for-all',
    (host) => (isRegex(host) ? owned(host).filter((path) => !asksForRegex(path) && !rewrites(path)) : []),
  ],
  [
    'rewrite-regex',
    (host) => (isRegex(host) && !host.paths.some(asksForRegex) ? owned(host).filter(rewrites) : []),
  ],
  [
    'slash-redirect',
    (host) =>
      isRegex(host)
        ? []
        : owned(host).filter(({ path }) => path.length > 1 && path.endsWith('/') && !hasBare(host, path)),
  ],
  ['normalized', (host) => owned(host).filter(({ path }) => UNREACHABLE.test(path))],
];

function hasBare({ paths }: GraphHost, path: string): boolean {
  const bare = path.slice(0, -1);
  return paths.some((other) => other.path === bare);
}

/** A dot in a regular expression is any character. */
const UNREACHABLE = /\/\/|\/\.{1,2}(?:\/|$)|%[0-9a-fA-F]{2}/;
