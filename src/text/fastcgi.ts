/** Values of FastCGI (compat/annotations.json, "fastcgi-index" and "fastcgi-params-configmap"). */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { parseExpression, parseLiteral } from './safe.ts';
import type { Expression, Literal, Token } from './safe.ts';
import type { ValueType } from './values.ts';

export const indexFile: ValueType<Literal> = {
  name: 'file name, for example "index.php"',
  parse: (text) =>
    /^[A-Za-z0-9._-]{1,255}$/.test(text)
      ? parseLiteral(text)
      : fail('is not the name of a file; write for example "index.php"'),
};

export interface FastcgiParam {
  readonly name: Token;
  readonly value: Expression;
}

/** What nginx knows about a script and its request, besides what may be used everywhere. */
const VARIABLES: ReadonlySet<string> = new Set([
  'content_length',
  'content_type',
  'document_root',
  'fastcgi_path_info',
  'fastcgi_script_name',
  'remote_user',
  'request_filename',
  'server_addr',
  'server_name',
  'ssl_cipher',
  'ssl_client_fingerprint',
  'ssl_client_i_dn',
  'ssl_client_s_dn',
  'ssl_client_serial',
  'ssl_client_verify',
  'ssl_protocol',
]);

/** One entry of a ConfigMap; reasons begin with its name. */
export function parseFastcgiParam(name: string, value: string): Result<FastcgiParam> {
  const shown = `"${name.slice(0, 100)}"`;
  if (!/^[A-Za-z0-9._-]{1,250}$/.test(name))
    return fail(`holds ${shown}, which is no name of a parameter; write letters, digits and . - _ only`);
  if (!/^[A-Za-z0-9._${}/-]*$/.test(value))
    return fail(
      `holds ${shown} with characters that may not be there; write letters, digits and . - _ $ { } / only`,
    );
  if (/[{}]/.test(value.replaceAll(/\$\{\w+\}/g, '')))
    return fail(
      `holds ${shown} with a brace that belongs to no variable; write for example "\${document_root}/x"`,
    );
  const parsed = parseExpression(value, VARIABLES);
  return parsed.ok
    ? ok({ name: name as string as Token, value: parsed.value })
    : fail(`holds ${shown}, which ${parsed.reason}`);
}
