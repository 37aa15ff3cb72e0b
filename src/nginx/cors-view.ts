/** Who may use a location from pages of other sites (compat/behaviour.md 21). */
import type { Policy, Server } from '../model/model.ts';
import type { Environment } from './environment.ts';

/** A policy of the server with CORS: words of a location about answers do not reach the one that makes its error pages. */
export function corsOf({ locations, policies }: Pick<Server, 'locations' | 'policies'>): Policy | null {
  return [...locations, ...policies].find(({ policy }) => policy.cors !== null)?.policy ?? null;
}

const ALLOW = 'Access-Control-Allow-';

export function corsView(
  { cors, headers, extras }: Pick<Policy, 'cors' | 'headers' | 'extras'>,
  { purpose }: Pick<Environment, 'purpose'>,
) {
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
      // Whom it answers is up to each request.
      chooses: cors !== null && cors.origins !== '*' && purpose === 'serve',
      origins: cors?.origins ?? '',
      ...values,
      // The same for all requests.
      answersAll: cors?.origins === '*',
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
