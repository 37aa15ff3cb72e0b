/** Values of mirroring (compat/annotations.json, "mirror-target" and following). */
import { fail, ok } from '../lib/result.ts';
import { parseExpression } from './safe.ts';
import type { Expression } from './safe.ts';
import { parseServiceUrl } from './service-url.ts';
import type { ServiceUrl } from './service-url.ts';
import type { ValueType } from './values.ts';

export interface MirrorTarget extends ServiceUrl {
  /** As it is written. */
  readonly written: Expression;
}

/**
 * An absolute URL with variables. Without a path it gets the URI of the request; without variables, and without a query, that of the
 * request, as nginx does it.
 */
export const mirrorTarget: ValueType<MirrorTarget> = {
  name: 'URL with a scheme and a host, for example "https://test.example.com$request_uri"',
  parse: (text) => {
    const parsed = /^[-._~a-zA-Z0-9/:,?&=$[\]{}()*+|^]+$/.test(text)
      ? parseServiceUrl(separated(text))
      : null;
    if (parsed === null)
      return fail(
        'is not a URL with a scheme and a host; write for example "https://test.example.com$request_uri"',
      );
    if (!parsed.ok) return parsed;
    if (/[{}]/.test(text.replaceAll(/\$\{\w+\}/g, '')))
      return fail('holds a brace that belongs to no variable; write for example "${request_uri}"');
    const inner = /\$\{?(?:document_)?uri\b/.exec(text)?.[0];
    if (inner !== undefined)
      return fail(`holds "${inner}", which is a name inside of nginx for a copy; write $request_uri`);
    const written = parseExpression(text);
    const url = parseExpression(completed(text, parsed.value.path));
    if (!written.ok) return written;
    return url.ok ? ok({ url: url.value, host: parsed.value.host, written: written.value }) : url;
  },
};

/** The variable begins with a slash, which the shape of a URL wants. */
function separated(text: string): string {
  return text.replace(
    /^(https?:\/\/[^/?$]+)(\$(?:\{(?:request_|document_)?uri\}|(?:request_|document_)?uri\b))/,
    '$1/$2',
  );
}

function completed(text: string, path: string | null): string {
  if (path === null) return `${text}$request_uri`;
  return text.includes('$') || path.includes('?') ? text : `${text}$is_args$args`;
}

/** The Host header of copies. */
export const mirrorHost: ValueType<Expression> = {
  name: 'host, for example "test.example.com"',
  parse: (text) =>
    /^[-._~a-zA-Z0-9:$[\]]+$/.test(text)
      ? parseExpression(text)
      : fail('is not a host; write for example "test.example.com"'),
};
