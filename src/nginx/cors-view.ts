/** Who may use a location from pages of other sites (compat/behaviour.md 21). */
import type { Policy } from '../model/model.ts';

const ALLOW = 'Access-Control-Allow-';

export function corsView({ cors, headers, extras }: Pick<Policy, 'cors' | 'headers' | 'extras'>) {
  const others = [...headers, ...(extras?.responseHeaders ?? []).filter(({ kind }) => kind !== 'add')];
  const replaced = new Set(others.map(({ name }) => name.toLowerCase()));
  const unlessReplaced = (name: string, value: string | undefined) =>
    value === undefined || replaced.has(name.toLowerCase()) ? '' : value;
  const values = {
    methods: unlessReplaced(`${ALLOW}Methods`, cors?.methods),
    headers: unlessReplaced(`${ALLOW}Headers`, cors?.headers),
    credentials: String(unlessReplaced(`${ALLOW}Credentials`, String(cors?.credentials)) === 'true'),
    expose: unlessReplaced('Access-Control-Expose-Headers', cors?.expose),
    maxAge: unlessReplaced('Access-Control-Max-Age', cors === null ? undefined : String(cors.maxAge)),
  };
  return {
    hasCors: cors !== null,
    cors: {
      origins: cors?.origins ?? '',
      ...values,
      // The same for all requests.
      lines: cors?.origins === '*' ? linesOf(values) : [],
    },
  };
}

type Values = Readonly<Record<'methods' | 'headers' | 'credentials' | 'expose' | 'maxAge', string>>;

function linesOf({ methods, headers, credentials, expose, maxAge }: Values) {
  const all: readonly (readonly [name: string, value: string])[] = [
    [`${ALLOW}Origin`, '*'],
    [`${ALLOW}Credentials`, credentials === 'true' ? credentials : ''],
    [`${ALLOW}Methods`, methods],
    [`${ALLOW}Headers`, headers],
    ['Access-Control-Expose-Headers', expose],
    ['Access-Control-Max-Age', maxAge],
  ];
  return all.filter(([, value]) => value !== '').map(([name, value]) => ({ line: `${name}: ${value}` }));
}
