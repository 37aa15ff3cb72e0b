/** What snippets say that typed annotations, or keys of the ConfigMap, say as well: those need no risk, and are checked. */
import { parseConfig } from '../text/lexer.ts';
import type { Directive } from '../text/lexer.ts';
import type { SnippetAdvice } from './report.ts';

type Replacement = (args: readonly string[]) => string | null;

/** The same word with dashes, and the value as it stands. */
const likewise =
  (annotation: string): Replacement =>
  (args) =>
    `${annotation}: "${args.join(' ')}"`;

const header = ([line = '', ...more]: readonly string[]): string | null => {
  const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined || more.length > 0) return null;
  return value === '' ? `response-headers: "remove ${name}"` : `response-headers: "set ${name}: ${value}"`;
};

const added = ([name = '', value = '']: readonly string[]): string =>
  `response-headers: "add ${name}: ${value}"`;

const asked = ([name = '', value = '']: readonly string[]): string =>
  value === '' ? `request-headers: "remove ${name}"` : `request-headers: "set ${name}: ${value}"`;

const redirect: Replacement = ([code = '', target]) => {
  if (target === undefined || !/^30[12378]$/.test(code)) return null;
  return code === '301' || code === '308'
    ? `permanent-redirect: "${target}"${code === '301' ? '' : ', permanent-redirect-code: "308"'}`
    : `temporal-redirect: "${target}"${code === '302' ? '' : `, temporal-redirect-code: "${code}"`}`;
};

const rewrite: Replacement = ([pattern = '', target = '', flag = '']) =>
  flag === 'permanent' || flag === 'redirect'
    ? `redirects: a line for the path ${pattern}, to ${target}`
    : `rewrite-target: "${target}", with the path "${pattern.replace(/^\^/, '')}" and use-regex: "true"`;

/** By directive. */
const REPLACEMENTS: Readonly<Record<string, Replacement>> = {
  more_set_headers: header,
  more_clear_headers: ([name = '']) => `response-headers: "remove ${name}"`,
  add_header: added,
  proxy_hide_header: ([name = '']) => `response-headers: "remove ${name}"`,
  proxy_set_header: asked,
  more_set_input_headers: ([line = '']) => asked(line.split(/:\s*/, 2)),
  more_clear_input_headers: ([name = '']) => `request-headers: "remove ${name}"`,
  return: redirect,
  rewrite,
  client_max_body_size: likewise('proxy-body-size'),
  client_body_buffer_size: likewise('client-body-buffer-size'),
  proxy_connect_timeout: likewise('proxy-connect-timeout'),
  proxy_send_timeout: likewise('proxy-send-timeout'),
  proxy_read_timeout: likewise('proxy-read-timeout'),
  proxy_buffering: likewise('proxy-buffering'),
  proxy_request_buffering: likewise('proxy-request-buffering'),
  proxy_buffer_size: likewise('proxy-buffer-size'),
  proxy_buffers: ([number = '']) => `proxy-buffers-number: "${number}"`,
  proxy_busy_buffers_size: likewise('proxy-busy-buffers-size'),
  proxy_max_temp_file_size: likewise('proxy-max-temp-file-size'),
  proxy_http_version: likewise('proxy-http-version'),
  proxy_next_upstream: likewise('proxy-next-upstream'),
  proxy_next_upstream_timeout: likewise('proxy-next-upstream-timeout'),
  proxy_next_upstream_tries: likewise('proxy-next-upstream-tries'),
  proxy_cookie_domain: likewise('proxy-cookie-domain'),
  proxy_cookie_path: likewise('proxy-cookie-path'),
  proxy_redirect: ([from = '', to = '']) => `proxy-redirect-from: "${from}", proxy-redirect-to: "${to}"`,
  proxy_ssl_name: likewise('proxy-ssl-name'),
  proxy_ssl_server_name: likewise('proxy-ssl-server-name'),
  proxy_ssl_verify: likewise('proxy-ssl-verify'),
  proxy_ssl_verify_depth: likewise('proxy-ssl-verify-depth'),
  proxy_ssl_protocols: likewise('proxy-ssl-protocols'),
  proxy_ssl_ciphers: likewise('proxy-ssl-ciphers'),
  allow: ([range = '']) => `whitelist-source-range: "${range}", one list of all`,
  deny: ([range = '']) =>
    range === 'all'
      ? 'whitelist-source-range, with all that are allowed'
      : `denylist-source-range: "${range}"`,
  satisfy: likewise('satisfy'),
  auth_request: () => 'auth-url, with the address of the service',
  auth_basic: () => 'auth-type: "basic", auth-secret',
  auth_basic_user_file: () => 'auth-type: "basic", auth-secret',
  limit_req: () => 'limit-rps or limit-rpm, or rate-limits for other keys than the address',
  limit_conn: () => 'limit-connections',
  limit_rate: ([rate = '']) => `limit-rate: "${rate.replace(/k$/, '')}" (kilobytes)`,
  limit_rate_after: ([size = '']) => `limit-rate-after: "${size.replace(/k$/, '')}" (kilobytes)`,
  access_log: ([file = '']) => (file === 'off' ? 'enable-access-log: "false"' : null),
  rewrite_log: () => 'enable-rewrite-log: "true"',
  error_page: () => 'custom-http-errors, default-backend',
  proxy_intercept_errors: () => 'custom-http-errors',
  server_name: (names) => `server-alias: "${names.join(',')}"`,
  ssl_ciphers: likewise('ssl-ciphers'),
  ssl_prefer_server_ciphers: () => 'ssl-prefer-server-ciphers: "true"',
  mirror: () => 'mirror-target',
  modsecurity: () => 'enable-modsecurity: "true"',
  modsecurity_rules: () => 'modsecurity-snippet',
  port_in_redirect: () => 'use-port-in-redirects: "true"',
  gzip: () => 'use-gzip of the ConfigMap',
  gzip_types: () => 'gzip-types of the ConfigMap',
  server_tokens: () => 'server-tokens of the ConfigMap',
  large_client_header_buffers: () => 'large-client-header-buffers of the ConfigMap',
  keepalive_timeout: () => 'keep-alive of the ConfigMap',
};

/** In order; blocks are looked into, since most stand in `if` or `location`. Text that is no configuration has none. */
export function adviceOn(annotation: string, text: string): readonly SnippetAdvice[] {
  let directives: readonly Directive[];
  try {
    directives = parseConfig(`${text}\n`);
  } catch {
    return [];
  }
  const advise = ({ name, args, block }: Directive): readonly SnippetAdvice[] => [
    { annotation, directive: name, instead: REPLACEMENTS[name]?.(args) ?? null },
    ...(block ?? []).flatMap(name === 'if' ? conditional : advise),
  ];
  const conditional = ({ name }: Directive): readonly SnippetAdvice[] => [
    { annotation, directive: name, instead: ['return', 'rewrite'].includes(name) ? CONDITIONAL : null },
  ];
  return directives.flatMap(advise);
}

const CONDITIONAL = 'redirects: a line that ends with "if" and the condition, where it leads elsewhere';
