/** Headers that ConfigMaps list: those of answers, and those that services get (compat/annotations.md, "custom-headers"). */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { parseExpression, parseLiteral } from './safe.ts';
import type { Expression, Literal, Token } from './safe.ts';

export interface Header<T extends Literal | Expression = Literal | Expression> {
  readonly name: Token;
  readonly value: T;
}

// One that begins with "-" would be an option of more_set_headers.
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,199}$/;

function shownName(name: string): string {
  return `"${name.slice(0, 100)}"`;
}

export function isHeaderName(name: string): name is Token {
  return NAME.test(name);
}

function parseName(name: string): Result<Token> {
  return isHeaderName(name)
    ? ok(name)
    : fail(`holds ${shownName(name)}, which is no name of a header; write letters, digits, "-" and "_" only`);
}

/** One entry; reasons begin with its name. Nothing in the value is a variable. */
export function parseFixedHeader(name: string, value: string): Result<Header<Literal>> {
  const key = parseName(name);
  if (!key.ok) return key;
  if (!/^[\x20-\x7e]+$/.test(value))
    return fail(`holds ${shownName(name)} with a value that is empty or not of printable ASCII characters`);
  const text = parseLiteral(value);
  return text.ok
    ? ok({ name: key.value, value: text.value })
    : fail(`holds ${shownName(name)}, which ${text.reason}`);
}

/**
 * What nginx knows about a request besides what may be used everywhere; nothing of it is secret to a service. Some hold what clients
 * make up, so that none may stand in a URL or in a header of an answer.
 */
export const REQUEST_VARIABLES: ReadonlySet<string> = new Set(
  `binary_remote_addr body_bytes_sent bytes_sent connection connection_requests content_length content_type
  geoip2_city_country_code hostname msec nginx_version pass_access_scheme pass_port pid
  proxy_add_x_forwarded_for proxy_protocol_addr proxy_protocol_port realip_remote_addr realip_remote_port
  remote_user request request_length request_time server_addr server_name ssl_cipher ssl_client_fingerprint
  ssl_client_i_dn ssl_client_s_dn ssl_client_serial ssl_client_verify ssl_protocol ssl_server_name
  ssl_session_id status time_iso8601 time_local http_user_agent http_referer upstream_addr upstream_status
  upstream_response_time upstream_connect_time upstream_header_time proxy_host`.split(/\s+/),
);

/** One entry; reasons begin with its name. */
export function parseHeaderWithVariables(name: string, value: string): Result<Header<Expression>> {
  const key = parseName(name);
  if (!key.ok) return key;
  const text = parseExpression(value, REQUEST_VARIABLES);
  return text.ok
    ? ok({ name: key.value, value: text.value })
    : fail(`holds ${shownName(name)}, which ${text.reason}`);
}
