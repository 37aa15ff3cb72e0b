/** Names of a host besides its own: aliases, and the other half of www (compat/behaviour.md 6.4 and 18.4). */
import { chunksOf, createJoin, perChunk } from '../lib/chunks.ts';
import { sameItems } from '../lib/memo.ts';
import { memoizeSliced } from '../lib/slices.ts';
import type { Sliced } from '../lib/slices.ts';
import type { Alias, HostName } from '../text/safe.ts';
import type { GraphHost, Host, WwwRedirect } from './graph.ts';
import { warning } from './problems.ts';
import type { Problem } from './problems.ts';

export interface HostNames {
  /** The same hosts, with the aliases that they may have. */
  readonly hosts: readonly GraphHost[];
  /** Those that have some. */
  readonly aliased: readonly GraphHost[];
  readonly redirects: readonly WwwRedirect[];
  readonly problems: readonly Problem[];
}

const NO_REDIRECTS: readonly WwwRedirect[] = Object.freeze([]);

/** A host keeps its identity while its aliases stay the same. */
export function createHostNames(): (hosts: readonly GraphHost[]) => Sliced<HostNames> {
  const memo = new WeakMap<GraphHost, GraphHost>();

  function withAliases(host: GraphHost, aliases: readonly Alias[]): GraphHost {
    if (aliases.length === host.aliases.length) return host;
    const known = memo.get(host);
    if (known !== undefined && known.aliases.join() === aliases.join()) return known;
    const changed = Object.freeze({ ...host, aliases });
    memo.set(host, changed);
    return changed;
  }

  const join = createJoin<GraphHost>();
  const partsOf = perChunk((hosts: readonly GraphHost[]) => ({
    aliased: hosts.filter(({ aliases }) => aliases.length > 0),
    wantsWww: hosts.some(wantsWww),
  }));

  return memoizeSliced(function* name(hosts) {
    const parts = yield* partsOf(hosts);
    const redirects = parts.some((part) => part.wantsWww) ? redirectsOf(hosts) : NO_REDIRECTS;
    if (!parts.some(({ aliased }) => aliased.length > 0))
      return { hosts, redirects, aliased: [], problems: [] };
    const problems: Problem[] = [];
    const taken = new Map<string, string>(hosts.map(({ name }) => [name, name]));
    for (const { from, to } of redirects) taken.set(from, to);
    const named = chunksOf(hosts).map((chunk) => {
      const changed = chunk.map((host) => withAliases(host, freeAliases(host, { taken, problems })));
      return sameItems(changed, chunk) ? chunk : changed;
    });
    const aliased = named.flatMap((chunk) => chunk.filter(({ aliases }) => aliases.length > 0));
    return { hosts: join(named), redirects, aliased, problems };
  });
}

function freeAliases(
  host: GraphHost,
  { taken, problems }: { readonly taken: Map<string, string>; readonly problems: Problem[] },
): readonly Alias[] {
  return host.aliases.filter((alias) => {
    const owner = taken.get(alias);
    if (owner === host.name) return false;
    if (owner === undefined) {
      taken.set(alias, host.name);
      return true;
    }
    const message = `alias "${alias}" of host "${host.name}" is left out: host "${owner}" already has this name`;
    const object = host.aliasOwner?.ref ?? { kind: 'Ingress', namespace: '', name: '' };
    problems.push(warning('alias-conflict', { object, field: 'metadata.annotations', message }));
    return false;
  });
}

function wantsWww({ paths }: GraphHost): boolean {
  return paths.some(
    ({ owner, settings }) => settings === 'all' && owner?.annotations.redirect.fromToWww === true,
  );
}

function redirectsOf(hosts: readonly GraphHost[]): readonly WwwRedirect[] {
  const names = new Set<Host>(hosts.map(({ name }) => name));
  return hosts.flatMap((host) => {
    const { name } = host;
    if (name === '_' || name.startsWith('*.') || !wantsWww(host)) return [];
    const from = (name.startsWith('www.') ? name.slice(4) : `www.${name}`) as HostName;
    return names.has(from) ? [] : [{ from, to: name }];
  });
}
