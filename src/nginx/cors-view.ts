/** Who may use a location from pages of other sites (compat/behaviour.md 21). */
import type { Policy } from '../model/model.ts';

export function corsView({ cors }: Policy) {
  return {
    hasCors: cors !== null,
    cors: {
      origins: cors?.origins ?? '',
      methods: cors?.methods ?? '',
      headers: cors?.headers ?? '',
      credentials: String(cors?.credentials === true),
      expose: cors?.expose ?? '',
      maxAge: cors?.maxAge ?? 0,
      // The same for all requests.
      lines: cors?.origins === '*' ? corsLines(cors) : [],
    },
  };
}

type Cors = NonNullable<Policy['cors']>;

function corsLines({
  methods,
  headers,
  credentials,
  expose,
  maxAge,
}: Cors): readonly { readonly line: string }[] {
  const all = [
    ['Origin', '*'],
    ...(credentials ? [['Credentials', 'true']] : []),
    ['Methods', methods],
    ['Headers', headers],
  ].map(([name, value]) => ({ line: `Access-Control-Allow-${name}: ${value}` }));
  const exposed = expose === '' ? [] : [{ line: `Access-Control-Expose-Headers: ${expose}` }];
  return [...all, ...exposed, { line: `Access-Control-Max-Age: ${maxAge}` }];
}
