/** Values of external authentication (compat/annotations.json, "auth-url" and following). */
import { fail, ok } from '../lib/result.ts';
import { parseExpression } from './safe.ts';
import type { Expression, Literal, Token } from './safe.ts';
import { list } from './values.ts';
import type { ValueType } from './values.ts';
import { word } from './words.ts';

const URL_SHAPE =
  /^https?:\/\/(?<host>(?:[-._~a-zA-Z0-9$]|\[[0-9a-fA-F:]+\])+)(?::(?:\d{1,5}|\$server_port))?(?<path>[/?].*)?$/;

// What a client cannot point to another machine: the names that a server answers to, and names of objects.
const OWN_VARIABLES: ReadonlySet<string> = new Set([
  'host',
  'http_host',
  'best_http_host',
  'namespace',
  'service_name',
]);

export interface AuthUrl {
  /** With a path at least. */
  readonly url: Expression;
  /** Without the port. */
  readonly host: Expression;
}

/** An absolute URL with variables. */
export const authUrl: ValueType<AuthUrl> = {
  name: 'URL with a scheme and a host',
  parse: (text) => {
    const match = URL_SHAPE.exec(text);
    const [host, path] = [match?.groups?.['host'], match?.groups?.['path']];
    if (host === undefined || host.includes('..') || !/^[-._~a-zA-Z0-9/:,?&=$[\]]+$/.test(text))
      return fail(
        'is not a URL with a scheme and a host; write for example "http://auth.default.svc.cluster.local/verify"',
      );
    const loose = [...host.matchAll(/\$(\w+)/g)].find(([, name]) => !OWN_VARIABLES.has(name ?? ''));
    if (loose !== undefined)
      return fail(`lets clients choose the host by "${loose[0]}"; write a host, or $host`);
    const url = parseExpression(path === undefined ? `${text}/` : text);
    const name = parseExpression(host);
    if (!url.ok) return url;
    return name.ok ? ok({ url: url.value, host: name.value }) : name;
  },
};

export const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
] as const;

const header = word({ name: 'header name', characters: 'A-Za-z0-9_-', example: 'X-User' });

export const headerNames: ValueType<readonly Literal[]> = list(header, {
  separator: /,/,
  example: 'X-User,X-Email',
  empty: 'allowed',
});

export const redirectParameter = word({ name: 'parameter name', characters: '-._~a-zA-Z0-9', example: 'rd' });

/** Sent as a header to the service. */
export const requestRedirect: ValueType<Expression> = {
  name: 'URL',
  parse: (text) =>
    /^[-._~a-zA-Z0-9/:,?&=$]+$/.test(text)
      ? parseExpression(text)
      : fail('is not a URL; write letters, digits and - . _ ~ / : , ? & = only'),
};

export const cacheKey: ValueType<Expression> = {
  name: 'text with variables, for example "$remote_user$http_authorization"',
  parse: (text) =>
    /^[-_${}a-zA-Z0-9]+$/.test(text)
      ? parseExpression(text)
      : fail('may only contain letters, digits and - _ $ { }; write for example "$http_authorization"'),
};

/** Parameters of one proxy_cache_valid: status codes, then a time. */
const validity: ValueType<readonly Token[]> = {
  name: 'codes and a time',
  parse: (text) => {
    const parts = text.split(/ +/);
    const time = parts.pop() ?? '';
    const good =
      /^\d{1,7}(?:ms|s|m|h|d|w|M|y)?$/.test(time) && parts.every((code) => /^[1-5]\d\d$/.test(code));
    return good
      ? ok([...parts, time] as string[] as Token[])
      : fail('is not codes and a time; write for example "200 202 5m"');
  },
};

export const cacheDurations = list(validity, { separator: /,/, example: '200 202 5m,401 30s' });
