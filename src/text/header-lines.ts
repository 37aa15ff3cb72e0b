/** Lines of the annotations request-headers and response-headers, which are Tidegate's own. */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { linesOf } from './directive-lines.ts';
import { isHeaderName } from './headers.ts';
import { parseExpression } from './safe.ts';
import type { Expression, Token } from './safe.ts';
import type { ValueType } from './values.ts';

export type HeaderLine =
  | { readonly kind: 'set' | 'add'; readonly name: Token; readonly value: Expression }
  | { readonly kind: 'remove'; readonly name: Token };

/** What belongs to a connection, or says where a message ends (RFC 9110, 7.6.1; RFC 9112, 6). */
const MESSAGE =
  'connection content-length http2-settings keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade';

/** Besides, what nginx says to services about clients; they believe it. A name that ends with "*" stands for all that begin so. */
export const refusedRequestHeaders: readonly string[] =
  `${MESSAGE} host expect forwarded proxy ssl-client-* traceparent tracestate x-auth-request-redirect x-forwarded-* x-mirror* x-original-* x-real-ip x-request-id x-scheme x-sent-from`.split(
    ' ',
  );

/** Besides, what the ConfigMap decides, and what would be read as an order to nginx. */
export const refusedResponseHeaders: readonly string[] =
  `${MESSAGE} date server strict-transport-security x-accel-*`.split(' ');

const EXAMPLE = 'write for example "set X-Team: blue", "add X-Team: blue" or "remove X-Team"';

function isRefused(name: string, refused: readonly string[]): boolean {
  // Many services take "_" for "-".
  const plain = name.toLowerCase().replaceAll('_', '-');
  return refused.some((entry) =>
    entry.endsWith('*') ? plain.startsWith(entry.slice(0, -1)) : plain === entry,
  );
}

function parseLine(refused: readonly string[]): (text: string) => Result<HeaderLine> {
  return (text) => {
    const [, removed] = /^remove[ \t]+([^ \t:]+)$/.exec(text) ?? [];
    const [, kind, given, value = ''] = /^(set|add)[ \t]+([^ \t:]+):[ \t]*(.+)$/.exec(text) ?? [];
    const name = removed ?? given;
    if (name === undefined) return fail(`is none of the three; ${EXAMPLE}`);
    if (!isHeaderName(name))
      return fail(
        `holds "${name.slice(0, 60)}", which is no name of a header; write letters, digits, "-" and "_"`,
      );
    if (isRefused(name, refused))
      return fail(`names "${name.slice(0, 60)}", which is not to be changed here`);
    if (removed !== undefined) return ok({ kind: 'remove', name });
    const parsed = valueOf(value);
    return parsed.ok ? ok({ kind: kind === 'add' ? 'add' : 'set', name, value: parsed.value }) : parsed;
  };
}

/** Paths are decoded, so that what is taken from one may hold the end of a line. */
function valueOf(text: string): Result<Expression> {
  const decoded = /\$\{?(?:uri|document_uri|location_path|\d)\b/.exec(text)?.[0];
  if (decoded !== undefined) return fail(`uses "${decoded}", which is decoded; write $request_uri`);
  if (!/^[\x20-\x7e]+$/.test(text) || text.includes('\\'))
    return fail('has a value with other than printable ASCII characters, or with a backslash');
  return parseExpression(text);
}

/** Otherwise it would depend on nginx which comes last. */
function clash(lines: readonly HeaderLine[]): string | null {
  const seen = new Map<string, HeaderLine['kind']>();
  for (const { name, kind } of lines) {
    const key = name.toLowerCase();
    const before = seen.get(key);
    if (before !== undefined && (before !== 'add' || kind !== 'add'))
      return `names "${name}" in two lines; only "add" may be repeated`;
    seen.set(key, kind);
  }
  return null;
}

function headerLines(refused: readonly string[]): ValueType<readonly HeaderLine[]> {
  return linesOf({
    name: 'lines such as "set X-Team: blue", "add X-Team: $http_x_team" or "remove X-Team"',
    most: 20,
    line: parseLine(refused),
    together: clash,
  });
}

export const requestHeaderLines = headerLines(refusedRequestHeaders);
export const responseHeaderLines = headerLines(refusedResponseHeaders);
