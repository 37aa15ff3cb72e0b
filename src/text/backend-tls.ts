/** Values of TLS towards endpoints (compat/annotations.json, "proxy-ssl-secret" and following). */
import { fail, ok } from '../lib/result.ts';
import { parseExpression } from './safe.ts';
import type { Expression } from './safe.ts';
import { ownVariables } from './service-url.ts';
import { choice, list } from './values.ts';
import type { ValueType } from './values.ts';

/** The name in the certificate of endpoints. */
export const endpointName: ValueType<Expression> = {
  name: 'host name, for example "web.default.svc"',
  parse: (text) => {
    if (text.length > 1000 || !/^[-._a-zA-Z0-9:${}*[\]]+$/.test(text))
      return fail('is not a host name; write for example "web.default.svc"');
    const loose = [...text.matchAll(/\$\{?(\w*)/g)].find(([, name = '']) => !ownVariables.has(name));
    if (loose !== undefined)
      return fail(`holds "${loose[0]}", which is no name of the host; write a name, or $host`);
    // A brace that belongs to no variable means something to nginx.
    return /[{}]/.test(text.replaceAll(/\$\{\w+\}/g, ''))
      ? fail('holds "{" or "}"; write for example "web.default.svc"')
      : parseExpression(text);
  },
};

const versions = list(choice(['TLSv1.2', 'TLSv1.3']), { separator: /\s+/, example: 'TLSv1.2 TLSv1.3' });

/** Sorted, each once. */
export const endpointProtocols: ValueType<readonly ('TLSv1.2' | 'TLSv1.3')[]> = {
  name: versions.name,
  parse: (text) => {
    const parsed = versions.parse(text);
    return parsed.ok ? ok([...new Set(parsed.value)].sort()) : parsed;
  },
};
