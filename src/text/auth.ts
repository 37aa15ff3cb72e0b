/** Values of external authentication (compat/annotations.json, "auth-url" and following). */
import { fail, ok } from '../lib/result.ts';
import { REQUEST_VARIABLES } from './headers.ts';
import { parseExpression } from './safe.ts';
import { parseServiceUrl } from './service-url.ts';
import type { ServiceUrl } from './service-url.ts';
import type { Expression, Literal, Token } from './safe.ts';
import { list } from './values.ts';
import type { ValueType } from './values.ts';
import { word } from './words.ts';

/** An absolute URL with variables. */
export const authUrl: ValueType<ServiceUrl> = {
  name: 'URL with a scheme and a host',
  parse: (text) => {
    const parsed = /^[-._~a-zA-Z0-9/:,?&=$[\]]+$/.test(text) ? parseServiceUrl(text) : null;
    if (parsed === null)
      return fail(
        'is not a URL with a scheme and a host; write for example "http://auth.default.svc.cluster.local/verify"',
      );
    if (!parsed.ok) return parsed;
    const { url, host, path } = parsed.value;
    const complete = path === null ? parseExpression(`${url}/`) : ok(url);
    return complete.ok ? ok({ url: complete.value, host }) : complete;
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

const names = { separator: /,/, example: 'X-User,X-Email', empty: 'allowed' } as const;

export const headerNames: ValueType<readonly Literal[]> = list(header, names);

export const lenientHeaderNames = list(header, { ...names, bad: 'left-out' });

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
      ? parseExpression(text, REQUEST_VARIABLES)
      : fail('may only contain letters, digits and - _ $ { }; write for example "$http_authorization"'),
};

/** Parameters of one proxy_cache_valid: status codes, then a time. nginx does not take milliseconds there. */
const validity: ValueType<readonly Token[]> = {
  name: 'codes and a time',
  parse: (text) => {
    const parts = text.split(/ +/);
    const time = parts.pop() ?? '';
    const good = /^\d{1,7}[smhdwMy]$/.test(time) && parts.every((code) => /^[1-5]\d\d$/.test(code));
    return good
      ? ok([...parts, time] as string[] as Token[])
      : fail('is not codes and a time; write for example "200 202 5m"');
  },
};

export const cacheDurations = list(validity, { separator: /,/, example: '200 202 5m,401 30s' });
