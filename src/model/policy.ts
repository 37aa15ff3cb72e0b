import type { Annotations } from '../graph/annotations/read.ts';
import type { HostPath, ParsedIngress } from '../graph/graph.ts';
import type { Settings } from '../config/settings/table.ts';
import type { Size, Snippet, Token } from '../text/safe.ts';
import { NO_ACCESS, accessPolicy, corsPolicy } from './access.ts';
import { externalAuth, globalAuth } from './external-auth.ts';
import { securityPolicy } from './modsecurity.ts';
import { passwordPolicy } from './password.ts';
import { redirectTarget } from './redirects.ts';
import { extrasPolicy } from './extras.ts';
import { telemetryPolicy } from './telemetry.ts';
import { PLAIN_UPSTREAM, upstreamPolicy } from './upstream.ts';
import { busyBuffersOf, fitsBuffers } from '../text/buffers.ts';
import { usableTempFileSize, withNonIdempotent } from '../text/values.ts';
import type { LogPolicy, Policy, ProxyPolicy, RedirectPolicy } from './model.ts';

/** Gives equal policies one identity, so that their text is rendered once. */
export interface PolicyTable {
  of(path: PolicyScope): Policy;
  /** The same for a path that must not be served. */
  closed(path: PolicyScope): Policy;
}

/** What of a path its policy depends on. */
export type PolicyScope = Pick<HostPath, 'owner' | 'settings' | 'backend' | 'path'>;

const NO_PROXY: ProxyPolicy = Object.freeze({
  connectTimeout: null,
  sendTimeout: null,
  readTimeout: null,
  bodySize: null,
  bufferSize: null,
  buffersNumber: null,
  busyBuffersSize: null,
  maxTempFileSize: null,
  buffering: null,
  requestBuffering: null,
  httpVersion: null,
  nextUpstream: null,
  nextUpstreamTimeout: null,
  nextUpstreamTries: null,
  clientBodyBufferSize: null,
});

const NO_REDIRECT: RedirectPolicy = Object.freeze({
  ssl: null,
  forceSsl: null,
  preserveTrailingSlash: null,
  usePort: null,
  relative: false,
  target: null,
});
// The catch-all has no TLS of its own and takes no redirect from its Ingress (compat/behaviour.md 6.2).
const REDIRECT_OFF: RedirectPolicy = Object.freeze({ ...NO_REDIRECT, ssl: false, forceSsl: false });

/** @param settings the level above: what a location says only in part is filled in from there. */
export function createPolicyTable(settings: Settings): PolicyTable {
  const interned = new Map<string, Policy>();
  const memos = new Map<string, WeakMap<ParsedIngress, Policy>>();

  function intern(policy: Policy): Policy {
    const key = JSON.stringify(policy);
    const known = interned.get(key);
    if (known !== undefined) return known;
    interned.set(key, Object.freeze(policy));
    return policy;
  }

  const global = globalAuth(settings);
  const unclaimed = intern({
    answer: 'proxy',
    denial: null,
    proxy: NO_PROXY,
    redirect: REDIRECT_OFF,
    upstream: PLAIN_UPSTREAM,
    access: NO_ACCESS,
    cors: null,
    password: null,
    auth: global,
    satisfy: null,
    // Of the default backend.
    log: settings.enableAccessLogForDefaultBackend ? USUAL_LOG : NO_LOG,
    pushPreload: false,
    telemetry: telemetryPolicy(null, settings),
    extras: null,
    security: null,
    headers: [],
    snippets: snippetsOf(null, settings),
  });

  const closed = new Map<Policy, Policy>();
  const isOpen = (path: string) => settings.noAuthLocations.some((beginning) => path.startsWith(beginning));

  function make(owner: ParsedIngress, { settings: scope, backend, path }: PolicyScope): Policy {
    const { annotations } = owner;
    const redirect = scope === 'all' ? redirectPolicy(annotations) : REDIRECT_OFF;
    return intern({
      answer: answerOf(owner, redirect),
      denial: owner.state === 'accepted' ? null : owner.denial,
      proxy: proxyPolicy(annotations, settings),
      redirect,
      // The global default backend speaks plain HTTP (compat/behaviour.md 26.2).
      upstream: upstreamPolicy(owner, backend === null ? 'HTTP' : annotations.upstream.protocol, settings),
      access: accessPolicy(annotations, settings),
      cors: corsPolicy(annotations.cors),
      password: isOpen(path) ? null : passwordPolicy(annotations.basicAuth),
      auth: isOpen(path) ? null : externalAuth(owner, global),
      satisfy: annotations.externalAuth.satisfy,
      log: logPolicy(annotations),
      pushPreload: annotations.http2.pushPreload === true,
      telemetry: telemetryPolicy(annotations.telemetry, settings),
      extras: extrasPolicy(annotations.extensions),
      security: securityPolicy(annotations, settings),
      headers: owner.references.customHeaders === 'broken' ? [] : owner.references.customHeaders,
      snippets: owner.state === 'accepted' ? snippetsOf(owner, settings) : NO_SNIPPETS,
    });
  }

  function of(path: PolicyScope): Policy {
    const { owner } = path;
    if (owner === null) return unclaimed;
    const key = `${path.settings} ${path.backend === null} ${isOpen(path.path)}`;
    const memo = memos.get(key) ?? new WeakMap<ParsedIngress, Policy>();
    memos.set(key, memo);
    const known = memo.get(owner) ?? make(owner, path);
    memo.set(owner, known);
    return known;
  }

  return {
    of,
    closed(path) {
      const open = of(path);
      const known = closed.get(open) ?? intern({ ...open, answer: 'denied' });
      closed.set(open, known);
      return known;
    },
  };
}

const NO_SNIPPETS: readonly Snippet[] = Object.freeze([]);

function snippetsOf(owner: ParsedIngress | null, { locationSnippet }: Settings): readonly Snippet[] {
  const own = owner?.annotations.snippets.location ?? null;
  const common = locationSnippet === '' ? null : locationSnippet;
  return own === null && common === null ? NO_SNIPPETS : [own, common].filter((text) => text !== null);
}

function answerOf({ state }: ParsedIngress, { target }: RedirectPolicy): Policy['answer'] {
  if (state !== 'accepted') return 'denied';
  return target === null ? 'proxy' : 'redirect';
}

const USUAL_LOG: LogPolicy = Object.freeze({ access: null, rewrite: null });
const NO_LOG: LogPolicy = Object.freeze({ access: 'off', rewrite: null });

function logPolicy({ log }: Annotations): LogPolicy {
  if (log.access !== false && log.rewrite !== true) return USUAL_LOG;
  return { access: log.access === false ? 'off' : null, rewrite: log.rewrite === true ? 'on' : null };
}

function redirectPolicy({ rewrite, redirect }: Annotations): RedirectPolicy {
  const { sslRedirect, forceSslRedirect, preserveTrailingSlash } = rewrite;
  const target = redirectTarget(redirect);
  const given = [sslRedirect, forceSslRedirect, preserveTrailingSlash, redirect.usePort, target];
  const relative = redirect.relative === true;
  if (!relative && given.every((value) => value === null)) return NO_REDIRECT;
  return {
    ssl: sslRedirect,
    forceSsl: forceSslRedirect,
    preserveTrailingSlash,
    usePort: redirect.usePort,
    relative,
    target,
  };
}

function proxyPolicy({ proxy }: Annotations, settings: Settings): ProxyPolicy {
  // One directive holds number and size, so that a location that has one of them says both.
  const buffers = proxy.bufferSize !== null || proxy.buffersNumber !== null;
  const bufferSize = buffers ? (proxy.bufferSize ?? settings.proxyBufferSize) : null;
  const buffersNumber = buffers ? (proxy.buffersNumber ?? settings.proxyBuffersNumber) : null;
  return {
    connectTimeout: proxy.connectTimeout,
    sendTimeout: proxy.sendTimeout,
    readTimeout: proxy.readTimeout,
    bodySize: proxy.bodySize,
    bufferSize,
    buffersNumber,
    busyBuffersSize: proxy.busyBuffersSize ?? busyBuffersSize({ bufferSize, buffersNumber }, settings),
    maxTempFileSize: maxTempFileSize(proxy.maxTempFileSize, bufferSize, settings),
    buffering: proxy.buffering,
    requestBuffering: proxy.requestBuffering,
    httpVersion: proxy.httpVersion,
    nextUpstream: nextUpstream(proxy.nextUpstream as readonly Token[] | null, settings),
    nextUpstreamTimeout: proxy.nextUpstreamTimeout,
    nextUpstreamTries: proxy.nextUpstreamTries,
    clientBodyBufferSize: proxy.clientBodyBufferSize,
  };
}

/** nginx refuses its own default, and what the level above says, where the buffers are others. */
function busyBuffersSize(
  { bufferSize: size, buffersNumber: count }: Pick<ProxyPolicy, 'bufferSize' | 'buffersNumber'>,
  settings: Settings,
): Size | null {
  if (size === null || count === null) return null;
  const inherited = busyBuffersOf(settings);
  if (inherited === null) return count === 2 ? size : null;
  return fitsBuffers(inherited, { size, count }) ? null : size;
}

// The ConfigMap's word holds for lists of annotations, too (compat/behaviour.md 16.3).
function nextUpstream(own: readonly Token[] | null, settings: Settings): readonly Token[] | null {
  return own === null || !settings.retryNonIdempotent ? own : withNonIdempotent(own);
}

function maxTempFileSize(own: Size | null, bufferSize: Size | null, settings: Settings): Size | null {
  const wanted = own ?? settings.proxyMaxTempFileSize;
  const usable = usableTempFileSize(wanted, bufferSize ?? settings.proxyBufferSize);
  const inherited = usableTempFileSize(settings.proxyMaxTempFileSize, settings.proxyBufferSize);
  return own === null && usable === inherited ? null : usable;
}
