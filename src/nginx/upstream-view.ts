/** What a location says to endpoints: protocol, headers, and what of their answers is rewritten. */
import type { Settings } from '../config/settings/table.ts';
import type {
  HttpModel,
  Limit,
  Location,
  Policy,
  ProxyPolicy,
  Server,
  UpstreamProtocol,
} from '../model/model.ts';
import { authOf, passwordOf, responseHeaders } from './auth-view.ts';
import type { Snippet, Token } from '../text/safe.ts';
import { directivesOf } from '../text/snippet.ts';
import { withNonIdempotent } from '../text/values.ts';
import type { Environment } from './environment.ts';
import { headersView, innerHeaderView, portVariable } from './forwarded-view.ts';

export interface DirectiveView {
  readonly name: string;
  readonly words: readonly (string | number)[];
}

/** @param upstream its name. */
const passes: Readonly<Record<UpstreamProtocol, (upstream: string) => DirectiveView>> = {
  http: (upstream) => ({ name: 'proxy_pass', words: [`http://${upstream}`] }),
  https: (upstream) => ({ name: 'proxy_pass', words: [`https://${upstream}`] }),
  auto: (upstream) => ({ name: 'proxy_pass', words: [`$scheme://${upstream}`] }),
  grpc: (upstream) => ({ name: 'grpc_pass', words: [`grpc://${upstream}`] }),
  grpcs: (upstream) => ({ name: 'grpc_pass', words: [`grpcs://${upstream}`] }),
  fcgi: (upstream) => ({ name: 'fastcgi_pass', words: [upstream] }),
};

const isGrpc = (protocol: UpstreamProtocol) => protocol === 'grpc' || protocol === 'grpcs';

/** The pass directive, and what must follow it. */
export function passView({ upstream }: Pick<Policy, 'upstream'>, upstreamName: string) {
  const { protocol, redirect } = upstream;
  const pass = passes[protocol](upstreamName);
  return {
    pass: pass.name,
    passTarget: pass.words,
    hasProxyRedirect: redirect !== null && !isGrpc(protocol) && protocol !== 'fcgi',
    proxyRedirect: redirect ?? [],
  };
}

/** Words of URLs, which may hold signs that other words do not. */
export function rewrittenAnswers({ upstream }: Pick<Policy, 'upstream'>): readonly DirectiveView[] {
  const { cookieDomain, cookiePath } = upstream;
  return [
    ...(cookieDomain === null ? [] : [{ name: 'proxy_cookie_domain', words: cookieDomain }]),
    ...(cookiePath === null ? [] : [{ name: 'proxy_cookie_path', words: cookiePath }]),
  ];
}

/** The timeouts of the protocol, which do not inherit those of proxy_*. */
export function grpcTimeouts({ protocol }: Policy['upstream'], proxy: ProxyPolicy, settings: Settings) {
  if (!isGrpc(protocol)) return [];
  return [
    { name: 'grpc_connect_timeout', words: [proxy.connectTimeout ?? settings.proxyConnectTimeout] },
    { name: 'grpc_send_timeout', words: [proxy.sendTimeout ?? settings.proxySendTimeout] },
    { name: 'grpc_read_timeout', words: [proxy.readTimeout ?? settings.proxyReadTimeout] },
  ];
}

/** Where a request goes on after a failure, as all locations inherit it. */
export function nextUpstreamOf({ proxyNextUpstream, retryNonIdempotent }: Settings): readonly string[] {
  const list = proxyNextUpstream as readonly Token[];
  return retryNonIdempotent ? withNonIdempotent(list) : list;
}

const NAMES_HEADERS = /\b(?:proxy|grpc)_set_header\b/;
const PASSES = /\bproxy_pass\b/;

/** Whether http is to name no headers: those that a snippet proxies to get what nginx sends by itself. */
export function httpIsCutOff({ httpSnippet }: Settings): boolean {
  return NAMES_HEADERS.test(httpSnippet) || PASSES.test(httpSnippet);
}

/** The same for a server; `byNginx`: what nginx sends by itself has to be said, since http says something else. */
export function cutOff(
  { snippets: { before, after } }: Pick<Server, 'snippets'>,
  settings: Settings,
): { readonly isCutOff: boolean; readonly byNginx: boolean } {
  const http = httpIsCutOff(settings);
  const snippets = [before, after].filter((text) => text !== null);
  if (snippets.length === 0) return { isCutOff: http, byNginx: false };
  const passes = snippets.some((text) => PASSES.test(text));
  const isNamed = snippets.some((text) => directivesOf(text).some(({ name }) => name === 'proxy_set_header'));
  return { isCutOff: http || passes || namesHeaders(snippets), byNginx: passes && !isNamed && !http };
}

/** Whether one of them may name headers, which ends the inheritance of all that stand above. */
function namesHeaders(snippets: readonly Snippet[]): boolean {
  return snippets.some((text) => NAMES_HEADERS.test(text));
}

export type CommonHeaders = ReturnType<typeof allHeadersView>;

/**
 * Headers of a location that differ from those of http; one that names any must name all.
 *
 * @param common those of http, the same for all locations.
 */
export function requestHeadersView(
  { route, policy }: Pick<Location, 'policy'> & Partial<Pick<Location, 'route'>>,
  common: CommonHeaders,
) {
  const forwardedPrefix = route?.forwardedPrefix ?? null;
  const extra = responseHeaders(authOf({ policy }));
  const { protocol, host, connection } = policy.upstream;
  const hidesPassword = passwordOf(policy) !== null;
  const grpc = isGrpc(protocol);
  const differs =
    common.hasClient ||
    common.isCutOff ||
    namesHeaders(policy.snippets) ||
    hidesPassword ||
    extra.length > 0 ||
    grpc ||
    host !== null ||
    connection !== null ||
    forwardedPrefix !== null;
  return {
    present: differs && policy.answer !== 'denied' && protocol !== 'fcgi',
    ...common,
    hidesPassword,
    setHeader: grpc ? 'grpc_set_header' : 'proxy_set_header',
    extra: extra.map(({ name, variable }) => ({
      name,
      variable,
      setHeader: grpc ? 'grpc_set_header' : 'proxy_set_header',
    })),
    passed: common.passed.map((header) => ({
      ...header,
      setHeader: grpc ? 'grpc_set_header' : 'proxy_set_header',
    })),
    hasOwnHost: host !== null,
    ownHost: host ?? '',
    // HTTP/2 has no such headers.
    hasConnection: !grpc,
    connection: connection ?? '$connection_upgrade',
    hasForwardedPrefix: forwardedPrefix !== null,
    forwardedPrefix: forwardedPrefix ?? '',
  };
}

/** Headers as http sets them for every location. */
export function allHeadersView(
  { settings, headers }: Pick<HttpModel, 'settings' | 'headers'>,
  environment: Pick<Environment, 'ports' | 'passthrough'>,
) {
  return {
    ...headersView(settings),
    ...innerHeaderView(settings, environment),
    forwardedPort: portVariable(settings, environment),
    hasClient: false,
    // A snippet of the server names some, so that locations inherit those alone.
    isCutOff: false,
    passesCertificate: false,
    hidesPassword: false,
    setHeader: 'proxy_set_header',
    extra: [],
    hasOwnHost: false,
    ownHost: '',
    hasConnection: true,
    connection: '$connection_upgrade',
    hasForwardedPrefix: false,
    forwardedPrefix: '',
    passed: headers.passed.map((header) => ({ ...header, setHeader: 'proxy_set_header' })),
  };
}

export function limitDirectives(limits: readonly Limit[]): readonly DirectiveView[] {
  return limits.map(({ kind, zone, count, burst }) =>
    kind === 'connections'
      ? { name: 'limit_conn', words: [zone, count] }
      : { name: 'limit_req', words: [`zone=${zone}`, `burst=${burst}`, 'nodelay'] },
  );
}
