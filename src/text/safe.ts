/**
 * Text that has been made safe for nginx.conf. Each type can only be made by the parser beside it, so a template that
 * prints one cannot be made to print two tokens. Rules of the configuration language: compat/security.md section 5.
 */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';

declare const safe: unique symbol;
type Safe<T, Name extends string> = T & { readonly [safe]: Name };

/** Printed in double quotes; never contains control characters. A `$` is protected where nginx would expand it. */
export type Literal = Safe<string, 'Literal'>;
/** Printed in double quotes; every `$` starts a variable or capture that nginx knows. */
export type Expression = Safe<string, 'Expression'>;
/** Printed in double quotes: a regular expression that PCRE compiles. */
export type Pattern = Safe<string, 'Pattern'>;
/** Printed bare: letters, digits and a few signs that mean nothing to nginx. */
export type Token = Safe<string, 'Token'>;
/** Bytes with an optional unit, as nginx's size directives take it: `8k`, `1m`. Printed bare. */
export type Size = Safe<string, 'Size'>;
/** Time with unit as nginx takes it: `5s`. Printed bare. */
export type Duration = Safe<string, 'Duration'>;
/** An OpenSSL cipher list: letters, digits and `! : + - _ @ =`. Printed bare, or in single quotes. */
export type Ciphers = Safe<string, 'Ciphers'>;
/** A URL of letters, digits and `- . _ ~ / : , ? & =`. Printed bare. */
export type Url = Safe<string, 'Url'>;
/** A name, wildcard or `~` and a regular expression, as server_name takes it. Printed in double quotes. */
export type Alias = Safe<string, 'Alias'>;
/** Whole directives that a user wrote. Printed as they are, line by line. */
export type Snippet = Safe<string, 'Snippet'>;
/** Rules of ModSecurity. Printed in single quotes. */
export type SecurityRules = Safe<string, 'SecurityRules'>;
/** An exact lower-case DNS name, or `*.` and one, as Kubernetes allows in a rule. Printed in double quotes. */
export type HostName = Safe<string, 'HostName'>;

/** nginx refuses a parameter of 4,096 bytes; escaping and the word before it need room, too. */
export const MAX_TOKEN_BYTES = 4000;

// C0, DEL, C1, line and paragraph separators, bidirectional controls, lone surrogates: none belongs into a configuration.
const FORBIDDEN = /\p{Cc}|\p{Zl}|\p{Zp}|\p{Cs}|[\u202a-\u202e\u2066-\u2069]/u;

function printable(text: string, print: (text: string) => string): Result<string> {
  if (FORBIDDEN.test(text)) {
    return fail('contains a control character; write plain text without line breaks');
  }
  if (Buffer.byteLength(print(text)) > MAX_TOKEN_BYTES) {
    return fail(`is too long for nginx; ${MAX_TOKEN_BYTES} bytes at most`);
  }
  return ok(text);
}

export function parseLiteral(text: string): Result<Literal> {
  return printable(text, quoteWithoutVariables) as Result<Literal>;
}

const NO_VARIABLES: ReadonlySet<string> = new Set();
// nginx variables that hold nothing secret and exist in every request.
const KNOWN_VARIABLES =
  /^(?:[0-9]|args|arg_[a-z0-9_]+|cookie_[A-Za-z0-9_]+|document_uri|host|http_[a-z0-9_]+|http_host|https|is_args|query_string|remote_addr|remote_port|request_id|request_method|request_uri|scheme|server_port|server_protocol|uri|best_http_host|namespace|ingress_name|service_name|service_port|location_path|proxy_upstream_name|req_id)$/;

/** @param more variables that may be used in this place. */
export function parseExpression(text: string, more: ReadonlySet<string> = NO_VARIABLES): Result<Expression> {
  const plain = printable(text, quote);
  if (!plain.ok) return plain;
  for (const [dollar, braced, bare] of text.matchAll(/\$(?:\{([^}]*)\}|([A-Za-z0-9_]*))/g)) {
    const name = braced ?? bare ?? '';
    // nginx reads one digit only as a capture: $12 is $1 followed by "2".
    const known = /^[0-9]/.test(name) ? name.slice(0, 1) : name;
    if (!KNOWN_VARIABLES.test(known) && !more.has(known)) {
      return fail(`uses "${dollar}", which is not an nginx variable that may be used here`);
    }
  }
  return ok(text as Expression);
}

export function parseToken(text: string): Result<Token> {
  if (!/^[A-Za-z0-9._:/@~^*=-]{1,1000}$/.test(text)) {
    return fail('may only contain letters, digits and . _ : / @ ~ ^ * = -');
  }
  return ok(text as Token);
}

export function parseSize(text: string): Result<Size> {
  if (!/^\d{1,9}[kKmMgG]?$/.test(text))
    return fail('is not a size; write digits and k, m or g, for example "8m"');
  return ok(text as Size);
}

/** Whole seconds, as the proxy timeouts of ingress-nginx are given; printed with the unit `s`. */
export function parseSeconds(text: string): Result<Duration> {
  if (!/^\d{1,7}$/.test(text))
    return fail('is not a whole number of seconds; write digits only, for example "60"');
  return ok(`${Number(text)}s` as Duration);
}

/** Seconds from a number that the program itself holds. */
export function seconds(count: number): Duration {
  return `${Math.trunc(count)}s` as Duration;
}

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
// The API server's own rule (RFC 1123 subdomain), one leading "*." allowed; underscores are met in the wild and harmless.
const HOST = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`);

export function parseHostName(text: string): Result<HostName> {
  if (text.length > 253 || !HOST.test(text)) {
    return fail(
      'is not a DNS name; write lower-case letters, digits, "-" and "." only, with at most one "*." in front',
    );
  }
  return ok(text as HostName);
}

/** The double-quoted form that nginx reads back byte for byte; `$` is left as it is (compat/security.md 5.1). */
export function quote(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, String.raw`\$&`)}"`;
}

/** As `quote`, for places where nginx expands variables: a literal `$` becomes a variable that holds one. */
export function quoteWithoutVariables(text: string): string {
  return quote(text.replaceAll('$', '${literal_dollar}'));
}
