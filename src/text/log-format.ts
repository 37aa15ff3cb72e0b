/** The format of lines of the access log, as log_format takes it. */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { Expression } from './safe.ts';
import type { ValueType } from './values.ts';

export interface LogFormat {
  /** One after the other; nginx takes no longer parameters. */
  readonly pieces: readonly Expression[];
  /** Names of the variables that nginx may not have. */
  readonly unknown: readonly string[];
}

/** Variables of nginx 1.22 and later that every request has, and those of nginx.conf. */
export const logVariables: ReadonlySet<string> = new Set(
  `args binary_remote_addr body_bytes_sent bytes_sent connection connection_requests connection_time connections_active
  connections_reading connections_waiting connections_writing content_length content_type date_gmt date_local document_root
  document_uri fastcgi_path_info fastcgi_script_name gzip_ratio host hostname http2 https is_args limit_conn_status limit_rate
  limit_req_status msec nginx_version pid pipe proxy_add_x_forwarded_for proxy_host proxy_port proxy_protocol_addr
  proxy_protocol_port proxy_protocol_server_addr proxy_protocol_server_port query_string realip_remote_addr realip_remote_port
  realpath_root remote_addr remote_port remote_user request request_body request_body_file request_completion request_filename
  request_id request_length request_method request_time request_uri scheme server_addr server_name server_port server_protocol
  ssl_alpn_protocol ssl_cipher ssl_ciphers ssl_client_cert ssl_client_escaped_cert ssl_client_fingerprint ssl_client_i_dn
  ssl_client_i_dn_legacy ssl_client_raw_cert ssl_client_s_dn ssl_client_s_dn_legacy ssl_client_serial ssl_client_v_end
  ssl_client_v_remain ssl_client_v_start ssl_client_verify ssl_curve ssl_curves ssl_early_data ssl_protocol ssl_server_name
  ssl_session_id ssl_session_reused status tcpinfo_rcv_space tcpinfo_rtt tcpinfo_rttvar tcpinfo_snd_cwnd time_iso8601 time_local
  uri upstream_addr upstream_bytes_received upstream_bytes_sent upstream_cache_status upstream_connect_time upstream_header_time
  upstream_response_length upstream_response_time upstream_status
  opentelemetry_context_traceparent opentelemetry_span_id opentelemetry_trace_id
  best_http_host connection_upgrade ingress_name literal_dollar location_path namespace pass_access_scheme pass_port
  pass_server_port proxy_alternative_upstream_name proxy_upstream_name req_id service_name service_port`.split(
    /\s+/,
  ),
);
const BEGINNING =
  /^(?:arg|cookie|http|sent_http|sent_trailer|upstream_cookie|upstream_http|upstream_trailer)_[a-z0-9_]+$/;

/** Variables of sessions of TCP and UDP, and those of the block for them. */
const streamVariables: ReadonlySet<string> = new Set(
  `binary_remote_addr bytes_received bytes_sent connection hostname msec nginx_version pid protocol proxy_protocol_addr
  proxy_protocol_port proxy_protocol_server_addr proxy_protocol_server_port realip_remote_addr realip_remote_port remote_addr
  remote_port server_addr server_port session_time ssl_preread_alpn_protocols ssl_preread_protocol ssl_preread_server_name status
  time_iso8601 time_local upstream_addr upstream_bytes_received upstream_bytes_sent upstream_connect_time
  upstream_first_byte_time upstream_session_time
  literal_dollar proxy_upstream_name`.split(/\s+/),
);

/** Bytes of a piece, escaped. */
const PIECE = 1000;
const MOST_BYTES = 16_384;

/** As nginx reads it between single quotes, where a single quote of its own stands for itself. */
export const logFormat = formatOf((name) => logVariables.has(name) || BEGINNING.test(name));

/** The same for sessions of TCP and UDP. */
export const streamLogFormat = formatOf((name) => streamVariables.has(name));

function formatOf(isKnown: (name: string) => boolean): ValueType<LogFormat> {
  return { name: 'text with nginx variables', parse: (text) => parse(text, isKnown) };
}

function parse(text: string, isKnown: (name: string) => boolean): Result<LogFormat> {
  if (text === '') return fail('is empty; write for example "$remote_addr $request $status"');
  if (Buffer.byteLength(text) > MOST_BYTES) return fail(`is too long; ${MOST_BYTES} bytes at most`);
  const plain = unescaped(text);
  // eslint-disable-next-line no-control-regex
  if (/[^\P{Cc}\n\t\r]|\p{Zl}|\p{Zp}|\p{Cs}/u.test(plain)) return fail('contains a control character');
  const parts: readonly string[] = plain.match(/\$\{[A-Za-z0-9_]+\}|\$[A-Za-z0-9_]+|[^$]|\$/gu) ?? [];
  if (parts.includes('$'))
    return fail('holds a "$" that begins no variable; write "$literal_dollar" for the sign itself');
  const names = parts.filter((part) => part.startsWith('$')).map((part) => part.replaceAll(/[${}]/g, ''));
  return ok({
    pieces: joined(parts),
    unknown: [...new Set(names)].filter((name) => !isKnown(name.toLowerCase())),
  });
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n' };

function unescaped(text: string): string {
  return text.replaceAll(/\\(["'\\trn])/g, (_, sign: string) => ESCAPES[sign] ?? sign);
}

function joined(parts: readonly string[]): readonly Expression[] {
  const pieces: string[] = [];
  let [piece, bytes] = ['', 0];
  for (const part of parts) {
    const more = Buffer.byteLength(escaped(part));
    if (bytes + more > PIECE && piece !== '') {
      pieces.push(piece);
      [piece, bytes] = ['', 0];
    }
    piece += part;
    bytes += more;
  }
  return [...pieces, piece] as string[] as Expression[];
}

const SIGNS: Readonly<Record<string, string>> = { '\t': 't', '\r': 'r', '\n': 'n' };

function escaped(text: string): string {
  return text.replaceAll(/[\\'\t\r\n]/g, (sign) => `\\${SIGNS[sign] ?? sign}`);
}

/** In single quotes, as scripts know it. */
export function printLogFormat(piece: string): string {
  return `'${escaped(piece)}'`;
}
