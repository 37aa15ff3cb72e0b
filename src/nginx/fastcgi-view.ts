/** Parameters for endpoints that speak FastCGI (compat/behaviour.md 16.2 and 26.2). */
import type { Settings } from '../config/settings/table.ts';
import type { Location } from '../model/model.ts';
import { authOf, passwordOf, responseHeaders } from './auth-view.ts';
import { headersView } from './forwarded-view.ts';
import type { CommonHeaders } from './upstream-view.ts';

/** What /etc/nginx/fastcgi_params says, without a file that may be missing or changed. */
const USUAL: readonly (readonly [name: string, ...words: readonly string[]])[] = [
  ['QUERY_STRING', '$query_string'],
  ['REQUEST_METHOD', '$request_method'],
  ['CONTENT_TYPE', '$content_type'],
  ['CONTENT_LENGTH', '$content_length'],
  ['SCRIPT_NAME', '$fastcgi_script_name'],
  ['REQUEST_URI', '$request_uri'],
  ['DOCUMENT_URI', '$document_uri'],
  ['DOCUMENT_ROOT', '$document_root'],
  ['SERVER_PROTOCOL', '$server_protocol'],
  ['REQUEST_SCHEME', '$scheme'],
  ['HTTPS', '$https', 'if_not_empty'],
  ['GATEWAY_INTERFACE', 'CGI/1.1'],
  ['SERVER_SOFTWARE', 'nginx'],
  ['REMOTE_ADDR', '$remote_addr'],
  ['REMOTE_PORT', '$remote_port'],
  ['SERVER_ADDR', '$server_addr'],
  ['SERVER_PORT', '$server_port'],
  ['SERVER_NAME', '$server_name'],
  ['REDIRECT_STATUS', '200'],
];

interface Param {
  readonly name: string;
  readonly text: string;
}

export interface FastcgiView {
  readonly present: boolean;
  readonly hasIndex: boolean;
  readonly index: string;
  readonly usual: readonly { readonly name: string; readonly words: readonly string[] }[];
  readonly own: readonly Param[];
}

const NONE: FastcgiView = { present: false, hasIndex: false, index: '', usual: [], own: [] };

/** @param common headers of the host. */
export function fastcgiView(location: Location, settings: Settings, common: CommonHeaders): FastcgiView {
  const { answer, upstream } = location.policy;
  if (upstream.fastcgi === null || answer === 'denied') return NONE;
  const { index, params } = upstream.fastcgi;
  const headers = headerParams(location, settings, common);
  const own = params.map(({ name, value }) => ({ name, text: value }));
  const given = new Set<string>(own.map(({ name }) => name));
  return {
    present: true,
    hasIndex: index !== null,
    index: index ?? '',
    usual: USUAL.filter(([name]) => !given.has(name)).map(([name, ...words]) => ({ name, words })),
    own: [...headers.filter(({ name }) => !given.has(name)), ...own],
  };
}

/** The headers that other endpoints get: what is named here is not taken from the client. */
function headerParams(location: Location, settings: Settings, common: CommonHeaders): readonly Param[] {
  const { route, policy } = location;
  const { scheme, forwardedFor, originalForwardedFor, originalForwardedHost } = headersView(settings);
  const headers: readonly (readonly [string, string])[] = [
    ['Host', policy.upstream.host ?? '$best_http_host'],
    ['X-Request-ID', '$req_id'],
    ['X-Real-IP', '$remote_addr'],
    ['X-Forwarded-For', forwardedFor],
    ['X-Forwarded-Host', '$best_http_host'],
    ['X-Forwarded-Port', common.forwardedPort],
    ['X-Forwarded-Proto', scheme],
    ['X-Forwarded-Scheme', scheme],
    ['X-Scheme', scheme],
    ...(common.addOriginalUri ? [['X-Original-URI', '$request_uri'] as const] : []),
    ['X-Original-Forwarded-For', originalForwardedFor],
    ['X-Original-Forwarded-Host', originalForwardedHost],
    ...(common.hidesInnerHeader ? [[common.innerHeader, ''] as const] : []),
    ...(route.forwardedPrefix === null ? [] : [['X-Forwarded-Prefix', route.forwardedPrefix] as const]),
    ...responseHeaders(authOf(location)).map(({ name, variable }) => [name, variable] as const),
    ...clientHeaders(common),
    ...(passwordOf(policy) === null ? [] : [['Authorization', ''] as const]),
    ['Proxy', ''],
  ];
  return headers.map(([name, text]) => ({ name: `HTTP_${name.toUpperCase().replaceAll('-', '_')}`, text }));
}

function clientHeaders({
  hasClient,
  passesCertificate,
}: CommonHeaders): readonly (readonly [string, string])[] {
  if (!hasClient) return [];
  return [
    ['ssl-client-cert', passesCertificate ? '$ssl_client_escaped_cert' : ''],
    ['ssl-client-verify', '$ssl_client_verify'],
    ['ssl-client-subject-dn', '$ssl_client_s_dn'],
    ['ssl-client-issuer-dn', '$ssl_client_i_dn'],
  ];
}
