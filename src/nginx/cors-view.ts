/** Who may use a location from pages of other sites (compat/behaviour.md 21). */
import type { Policy, Server } from '../model/model.ts';
import type { Environment } from './environment.ts';

/** Whether a policy of the server has CORS: words of a location about answers do not reach the one that makes its error pages. */
export function makesCors({ locations, policies }: Pick<Server, 'locations' | 'policies'>): boolean {
  return [locations, policies].some((list) => list.some(({ policy }) => policy.cors !== null));
}

type Cors = NonNullable<Policy['cors']>;
type Values = Readonly<Record<'methods' | 'headers' | 'credentials' | 'expose' | 'maxAge', string>>;

const ALLOW = 'Access-Control-Allow-';
const NAMES: Values = {
  credentials: `${ALLOW}Credentials`,
  methods: `${ALLOW}Methods`,
  headers: `${ALLOW}Headers`,
  expose: 'Access-Control-Expose-Headers',
  maxAge: 'Access-Control-Max-Age',
};
const FIELDS = Object.keys(NAMES) as readonly (keyof Values)[];
const NOTHING: Values = { credentials: '', methods: '', headers: '', expose: '', maxAge: '' };
const NONE = {
  hasCors: false,
  cors: { chooses: false, answersAll: false, origins: '', ...NOTHING, lines: [] },
};

export function corsView(policy: Policy, { purpose }: Pick<Environment, 'purpose'>) {
  const { cors } = policy;
  if (cors === null) return NONE;
  const values = {
    ...corsValues(cors),
    ...Object.fromEntries(replacedIn(policy).map((field) => [field, ''])),
  };
  const answersAll = cors.origins === '*';
  return {
    hasCors: true,
    cors: {
      // Whom it answers is up to each request.
      chooses: !answersAll && purpose === 'serve',
      // The same for all requests.
      answersAll,
      lines: answersAll ? corsLines(values, '*').map((line) => ({ line })) : [],
      origins: cors.origins,
      ...values,
    },
  };
}

/** Empty where nothing is said. */
export function corsValues({ methods, headers, credentials, expose, maxAge }: Cors): Values {
  return { methods, headers, credentials: credentials ? 'true' : '', expose, maxAge: String(maxAge) };
}

/** What is said of an origin that is allowed. */
export function corsLines(values: Values, origin: string): readonly string[] {
  const said = FIELDS.filter((field) => values[field] !== '');
  return [`${ALLOW}Origin: ${origin}`, ...said.map((field) => `${NAMES[field]}: ${values[field]}`)];
}

/** What the owner says in another way. */
function replacedIn({ headers, extras }: Policy): readonly (keyof Values)[] {
  const typed = (extras?.responseHeaders ?? []).filter(({ kind }) => kind !== 'add');
  const names = new Set([...headers, ...typed].map(({ name }) => name.toLowerCase()));
  return FIELDS.filter((field) => names.has(NAMES[field].toLowerCase()));
}
