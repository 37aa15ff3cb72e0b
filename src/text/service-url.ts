/** URLs of services that nginx itself asks (compat/security.md 6, T5). */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { parseExpression } from './safe.ts';
import type { Expression } from './safe.ts';

const URL_SHAPE =
  /^https?:\/\/(?<host>(?:[-._~a-zA-Z0-9$]|\[[0-9a-fA-F:]+\])+)(?::(?:\d{1,5}|\$server_port))?(?<path>[/?].*)?$/;

// What a client cannot point to another machine: the names that a server answers to, and names of objects.
export const ownVariables: ReadonlySet<string> = new Set([
  'host',
  'http_host',
  'best_http_host',
  'namespace',
  'service_name',
]);

export interface ServiceUrl {
  readonly url: Expression;
  /** Without the port. */
  readonly host: Expression;
}

/** What stands behind scheme, host and port; null for nothing. Null as a whole when the text has another shape. */
export type WithPath = ServiceUrl & { readonly path: string | null };

/** An absolute URL with variables, as it is. */
export function parseServiceUrl(text: string): Result<WithPath> | null {
  const match = URL_SHAPE.exec(text);
  const host = match?.groups?.['host'];
  if (host === undefined || host.includes('..')) return null;
  const loose = [...host.matchAll(/\$(\w+)/g)].find(([, name]) => !ownVariables.has(name ?? ''));
  if (loose !== undefined)
    return fail(`lets clients choose the host by "${loose[0]}"; write a host, or $host`);
  const [url, name] = [parseExpression(text), parseExpression(host)];
  if (!url.ok) return url;
  return name.ok ? ok({ url: url.value, host: name.value, path: match?.groups?.['path'] ?? null }) : name;
}
