/** From the model to what the templates read: plain objects, every field present, conditions as booleans. */
import type {
  AccessPolicy,
  Location,
  Model,
  Policy,
  ProxyPolicy,
  RedirectServer,
  Route,
  Server,
} from '../model/model.ts';
import type { Settings } from '../config/settings/table.ts';
import { corsView } from './cors-view.ts';
import { securityView } from './modsecurity-view.ts';
import { hasHttp2Directive, listens } from './listen-view.ts';
import { serverNameOf } from '../text/server-name.ts';
import type { Environment } from './environment.ts';
import { authLocations, authView, passwordOf } from './auth-view.ts';
import { UPSTREAM, locationTlsView, serverTlsView, upstreamOf } from './backend-tls-view.ts';
import {
  allHeadersView,
  cutOff,
  grpcTimeouts,
  limitDirectives,
  passView,
  requestHeadersView,
  rewrittenAnswers,
} from './upstream-view.ts';
import type { CommonHeaders, DirectiveView } from './upstream-view.ts';
import { fastcgiView } from './fastcgi-view.ts';
import { countedHost, countedView, specialPolicyView, specialView } from './lua-view.ts';
import { extrasView, hasHook } from './extras-view.ts';
import { telemetryView } from './telemetry-view.ts';
import { mirrorLocations, mirrorView } from './mirror-view.ts';
import { clientHeadersView, ciphersView, clientsView, contextView } from './tls-view.ts';
import {
  inheritedRemark,
  locationRemarks,
  policyRemarks,
  serverRemarks,
  settingsNameProxyHost,
  snippetsNameProxyHost,
} from './remarks.ts';
import { errorPagesView, locationErrorsView, namedLocationsView } from './errors-view.ts';

/**
 * Everything that the policy partial may read: nothing of owner, host or path.
 * @param upstream name of the upstream.
 */
export function policyView(
  policy: Policy,
  { settings, environment, ...around }: Pick<Around, 'settings' | 'environment' | 'namesProxyHost'>,
  upstream = UPSTREAM,
) {
  const { answer, proxy, redirect, access } = policy;
  const password = passwordOf(policy);
  return {
    ...passView(policy, upstream),
    ...corsView(policy, environment),
    serving: environment.purpose === 'serve',
    asksForPassword: password !== null,
    // What the location found out that asks the service; nobody else's word counts.
    asksAfterQuestion: password !== null && policy.auth !== null,
    passwordScheme: password?.scheme ?? '',
    realm: password?.realm ?? '',
    deny: access.deny,
    hasAllow: access.allow.length > 0,
    allow: access.allow,
    rewritten: rewrittenAnswers(policy),
    pushes: policy.pushPreload && environment.features.http2 === 'listen',
    wouldPush: policy.pushPreload && environment.features.http2 === 'directive',
    telemetry: telemetryView(policy),
    extras: extrasView(policy),
    hasHook: hasHook(policy) && environment.purpose === 'serve',
    isUnlogged: policy.log.access !== null,
    hasRewriteLog: policy.log.rewrite !== null,
    denied: answer === 'denied',
    remarks: policyRemarks(policy),
    namesProxyHost: answer === 'proxy' && (around.namesProxyHost || snippetsNameProxyHost(policy)),
    security: securityView(policy, environment),
    snippets: policy.snippets,
    headers: policy.headers.map(({ name, value }) => ({ line: `${name}: ${value}` })),
    hasRedirect: redirect.target !== null && policy.cors === null,
    // Preflights are answered before, and by Lua, which comes after every "return".
    hasRedirectAfterCors: redirect.target !== null && policy.cors !== null,
    // nginx completes a Location that begins with "/" only when it makes the redirect itself.
    hasRedirectHost:
      redirect.target?.url.startsWith('/') === true && !redirect.relative && !settings.relativeRedirects,
    redirectCode: redirect.target?.code ?? 0,
    redirectUrl: redirect.target?.url ?? '',
    relativeRedirects: redirect.relative,
    hasUsePort: redirect.usePort !== null,
    usePort: String(redirect.usePort),
    portInRedirect: redirect.usePort === true ? 'on' : 'off',
    hasSslRedirect: redirect.ssl !== null,
    sslRedirect: String(redirect.ssl),
    hasForceSslRedirect: redirect.forceSsl !== null,
    forceSslRedirect: String(redirect.forceSsl),
    hasPreserveTrailingSlash: redirect.preserveTrailingSlash !== null,
    preserveTrailingSlash: String(redirect.preserveTrailingSlash),
    directives: [
      ...proxyDirectives(proxy),
      ...grpcTimeouts(policy.upstream, proxy, settings),
      ...rateDirectives(access),
    ],
  };
}

function rateDirectives({ rate, rateAfter }: AccessPolicy): readonly DirectiveView[] {
  return [
    ...(rateAfter === null ? [] : [{ name: 'limit_rate_after', words: [`${rateAfter}k`] }]),
    ...(rate === null ? [] : [{ name: 'limit_rate', words: [`${rate}k`] }]),
  ];
}

const proxyNames: readonly (readonly [keyof ProxyPolicy, string])[] = [
  ['connectTimeout', 'proxy_connect_timeout'],
  ['sendTimeout', 'proxy_send_timeout'],
  ['readTimeout', 'proxy_read_timeout'],
  ['bodySize', 'client_max_body_size'],
  ['clientBodyBufferSize', 'client_body_buffer_size'],
  ['buffering', 'proxy_buffering'],
  ['busyBuffersSize', 'proxy_busy_buffers_size'],
  ['maxTempFileSize', 'proxy_max_temp_file_size'],
  ['requestBuffering', 'proxy_request_buffering'],
  ['httpVersion', 'proxy_http_version'],
  ['nextUpstream', 'proxy_next_upstream'],
  ['nextUpstreamTimeout', 'proxy_next_upstream_timeout'],
  ['nextUpstreamTries', 'proxy_next_upstream_tries'],
];

function proxyDirectives(proxy: ProxyPolicy): readonly DirectiveView[] {
  const directives: DirectiveView[] = [];
  for (const [field, name] of proxyNames) {
    const value = proxy[field];
    if (value !== null) directives.push({ name, words: typeof value === 'object' ? value : [value] });
  }
  const { bufferSize, buffersNumber } = proxy;
  if (bufferSize !== null && buffersNumber !== null) {
    directives.push({ name: 'proxy_buffer_size', words: [bufferSize] });
    directives.push({ name: 'proxy_buffers', words: [buffersNumber, bufferSize] });
  }
  return directives;
}

export function routeView(route: Route) {
  return {
    namespace: route.namespace,
    ingress: route.ingress,
    service: route.service,
    servicePort: route.servicePort,
    path: route.path,
    upstream: route.upstream,
    hasKind: route.kind !== '',
    kind: route.kind,
    hasUsers: route.users !== null,
    users: route.users ?? '',
    neverRedirected: route.tlsRedirect === 'never',
    limits: limitDirectives(route.limits),
  };
}

/** What is the same for all servers, made once for them. */
export interface Around {
  readonly http: Model['http'];
  readonly settings: Settings;
  readonly environment: Environment;
  readonly headers: CommonHeaders;
  /** In a comment of each server. */
  readonly inherited: readonly string[];
  /** Whether the settings ask for the backend by $proxy_host. */
  readonly namesProxyHost: boolean;
  readonly http2Directive: boolean;
}

export function aroundServers(http: Model['http'], environment: Environment): Around {
  const { settings } = http;
  return {
    http,
    settings,
    environment,
    headers: allHeadersView(http, environment),
    inherited: environment.purpose === 'check' ? [] : [inheritedRemark(settings)],
    namesProxyHost: settingsNameProxyHost(settings),
    http2Directive: hasHttp2Directive(environment, settings),
  };
}

interface Surroundings extends Around {
  readonly host: string | null;
}

function locationView(location: Location, surroundings: Surroundings) {
  const { settings, headers, environment, host } = surroundings;
  const { match, route, policy, errors } = location;
  const operators = { prefix: '', exact: '=', regex: '~*' } as const;
  return {
    hasOperator: match.kind !== 'prefix',
    operator: operators[match.kind],
    path: match.kind === 'regex' ? match.pattern : match.path,
    route: { ...routeView(route), ...countedView(route, host) },
    ...specialView(location, settings),
    headers: requestHeadersView(location, headers),
    auth: authView(location),
    mirror: mirrorView(location),
    remarks: locationRemarks(location),
    policy: policyView(policy, surroundings, upstreamOf(location)),
    fastcgi: fastcgiView(location, settings, headers),
    tls: locationTlsView(location, environment),
    errors: locationErrorsView(errors),
    rewrite: {
      present: route.rewrite !== null && policy.answer === 'proxy',
      pattern: route.rewrite?.pattern ?? '',
      target: route.rewrite?.target ?? '',
    },
  };
}

export function serverView(server: Server, around: Around) {
  const { http, settings, environment } = around;
  const catchAll = server.name.kind === 'catch-all';
  const { purpose } = environment;
  const { isCutOff, byNginx } = cutOff(server, settings);
  const headers = { ...around.headers, ...clientHeadersView(server), isCutOff };
  const surroundings = { ...around, headers, host: countedHost(server, environment) };
  return {
    marker: server.host,
    serverName: serverNameOf(server.host),
    catchAll,
    aliases: server.aliases,
    ...blocksView(settings),
    sendsByNginx: byNginx,
    remarks: [...around.inherited, ...serverRemarks(server, settings, environment)],
    snippets: server.snippets.before === null ? [] : [server.snippets.before],
    tailSnippets: server.snippets.after === null ? [] : [server.snippets.after],
    hasAppRoot: server.appRoot !== null,
    appRoot: server.appRoot ?? '',
    listens: listens(environment, http, catchAll ? 'default' : 'other'),
    http2Directive: around.http2Directive,
    ...authLocations(server, settings, environment),
    mirrors: mirrorLocations(server, environment),
    locations: server.locations.map((location) => locationView(location, surroundings)),
    backendTls: serverTlsView(server, environment),
    errors: errorPagesView(server.errors),
    named: namedLocationsView(server, environment, settings),
    ...policiesView(server, { ...around, headers: { ...around.headers, isCutOff } }),
    context: contextView(server, environment, http),
    clients: clientsView(server, environment),
    ...ciphersView(server, environment),
    hasSubject: server.subject !== null,
    subject: server.subject ?? '',
    forbidden: server.answer === 'forbidden',
    hasRejection: catchAll && purpose === 'serve',
    rejectHandshake: settings.sslRejectHandshake ? 'on' : 'off',
    statusReaders: statusReaders(settings, environment),
    healthPath: environment.healthPath,
    guarded: http.settings.enableModsecurity,
    hasHealthLocation: catchAll && !hasPrefix(server, environment.healthPath),
  };
}

/** Who may see what nginx says of itself (compat/behaviour.md 15.5). */
function statusReaders(settings: Settings, { ipv6 }: Environment): readonly string[] {
  const of6 = ipv6 && !settings.disableIpv6 ? settings.nginxStatusIpv6Whitelist : [];
  return [...settings.nginxStatusIpv4Whitelist, ...of6];
}

/** Locations of the default server for hosts that are newer than the file. */
function policiesView({ policies }: Server, around: Around) {
  const { settings, environment } = around;
  const served = environment.purpose === 'serve' ? policies : [];
  const common = { ...around.headers, ...clientHeadersView({ tls: null }) };
  return {
    hasPolicies: served.length > 0,
    policyNames: served.map(({ name }) => name).join(' '),
    policies: served.map(({ name, policy }) => ({
      name,
      ...specialPolicyView(policy, settings),
      headers: requestHeadersView({ policy }, common),
      policy: policyView(policy, around),
    })),
  };
}

export function blocksView(settings: Settings) {
  return {
    blocksAgents: settings.blockUserAgents.length > 0,
    blocksReferers: settings.blockReferers.length > 0,
  };
}

export function redirectServerView(
  { from, to }: RedirectServer,
  environment: Environment,
  http: Model['http'],
) {
  return {
    from,
    to,
    code: http.settings.httpRedirectCode,
    listens: listens(environment, http, 'redirect'),
    http2Directive: hasHttp2Directive(environment, http.settings),
    context: contextView('redirect', environment, http),
    ...blocksView(http.settings),
  };
}

/** nginx refuses a second location of the same prefix, "/" for example. */
function hasPrefix({ locations }: Server, path: string): boolean {
  return locations.some(({ match }) => match.kind === 'prefix' && match.path === path);
}
