/** What is said to endpoints (compat/behaviour.md 16.2, 16.3 and 26.2). */
import type { Annotations } from '../graph/annotations/read.ts';
import type { Settings } from '../config/settings/table.ts';
import type { Protocol, UpstreamAnnotations } from '../graph/annotations/upstream.ts';
import type { Url } from '../text/safe.ts';
import type { ParsedIngress, References } from '../graph/graph.ts';
import type { FastcgiPolicy, UpstreamPolicy, UpstreamProtocol } from './model.ts';

const names: Readonly<Record<Protocol, UpstreamProtocol>> = {
  HTTP: 'http',
  HTTPS: 'https',
  AUTO_HTTP: 'auto',
  GRPC: 'grpc',
  GRPCS: 'grpcs',
  FCGI: 'fcgi',
};

export const PLAIN_UPSTREAM: UpstreamPolicy = Object.freeze({
  protocol: 'http',
  host: null,
  connection: null,
  cookieDomain: null,
  cookiePath: null,
  redirect: null,
  fastcgi: null,
});

export function upstreamPolicy(
  { annotations, references }: Pick<ParsedIngress, 'annotations' | 'references'>,
  protocol: Protocol | null,
  settings: Pick<Settings, 'proxyRedirectFrom' | 'proxyRedirectTo'>,
): UpstreamPolicy {
  const { upstream } = annotations;
  const name = names[protocol ?? 'HTTP'];
  const { host, connection, cookieDomain, cookiePath } = upstream;
  const redirect = redirectOf(upstream, name, settings);
  const given = [host, connection, cookieDomain, cookiePath, redirect];
  if (name === 'http' && given.every((value) => value === null)) return PLAIN_UPSTREAM;
  const fastcgi = name === 'fcgi' ? fastcgiPolicy(annotations, references) : null;
  return { protocol: name, host, connection, cookieDomain, cookiePath, redirect, fastcgi };
}

function fastcgiPolicy({ fastcgi: { index } }: Annotations, { fastcgi: params }: References): FastcgiPolicy {
  return typeof params === 'string' ? { index: null, params: [] } : { index, params };
}

function redirectOf(
  { redirectFrom, redirectTo }: UpstreamAnnotations,
  protocol: UpstreamProtocol,
  { proxyRedirectFrom, proxyRedirectTo }: Pick<Settings, 'proxyRedirectFrom' | 'proxyRedirectTo'>,
): readonly Url[] | null {
  const [from] = redirectFrom ?? proxyRedirectFrom;
  const [to] = redirectTo ?? proxyRedirectTo;
  // As http says it.
  if (from === undefined || (redirectFrom === null && (from as string) === 'off')) return null;
  const word: string = from;
  // nginx knows no default where the address holds a variable.
  if (word === 'default' && protocol === 'auto') return null;
  if (word === 'default' || word === 'off') return [from];
  return to === undefined || (to as string) === 'off' ? null : [from, to];
}
