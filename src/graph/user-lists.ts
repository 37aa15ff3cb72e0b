/** Lists of users that Ingresses let in, from Secrets (compat/behaviour.md section 22). */
import { createHash } from 'node:crypto';
import { memoizeLast } from '../lib/memo.ts';
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { ObjectKey, Secret } from '../source/objects.ts';
import { linesOfFile, parseUsers } from '../text/passwords.ts';
import type { ParsedUsers, PasswordScheme } from '../text/passwords.ts';
import type { Literal } from '../text/safe.ts';
import type { BasicAuthAnnotations } from './annotations/basic-auth.ts';
import { budgetExceeded } from './budgets.ts';
import { checkReference } from './foreign.ts';
import type { Foreign } from './foreign.ts';
import type { ParsedIngress, UserList } from './graph.ts';
import type { GraphOptions } from './options.ts';
import { warning } from './problems.ts';
import type { Problem } from './problems.ts';

type Format = 'auth-file' | 'auth-map';

/** Where the users of an Ingress are. */
interface Place {
  readonly scheme: PasswordScheme;
  readonly format: Format;
  readonly secret: ObjectKey;
}

function placeOf(namespace: string, { type, format, secret }: BasicAuthAnnotations): Place | null {
  if (type === null || secret === null) return null;
  return {
    scheme: type,
    format: format ?? 'auth-file',
    secret: secret.includes('/') ? secret : `${namespace}/${secret}`,
  };
}

/**
 * The key of the list of an Ingress. One that reaches into another namespace has a key of its own: what the owner of a Secret may do
 * with it says nothing about others.
 */
export function usersKeyOf(namespace: string, annotations: BasicAuthAnnotations): Literal | null {
  const place = placeOf(namespace, annotations);
  if (place === null) return null;
  const from = place.secret.startsWith(`${namespace}/`) ? '' : `@${namespace}`;
  return `${place.scheme}-${place.format}:${place.secret}${from}` as string as Literal;
}

/** A list as workers read it, with what its owners should know. */
interface ReadList {
  readonly list: UserList & { readonly state: 'usable' };
  readonly parsed: ParsedUsers;
}

export function readUserList(
  { data = {} }: Secret,
  scheme: PasswordScheme,
  format: Format,
): Result<ReadList> {
  const file = data['auth'];
  if (format === 'auth-file' && file === undefined) return fail('holds no "auth"');
  const lines =
    format === 'auth-file'
      ? linesOfFile(bytesOf(file))
      : Object.entries(data).map(([user, value]) => ({
          text: `${user}:${firstLine(bytesOf(value))}`,
          where: `"${user}"`,
        }));
  const parsed = parseUsers(lines, scheme);
  const [first] = parsed.unusable;
  if (first !== undefined && parsed.users.size === 0)
    return fail(`holds no user who could log in: ${first.where} ${first.reason}`);
  return ok({ list: describe(parsed), parsed });
}

const bytesOf = (base64 = '') => Buffer.from(base64, 'base64').toString('latin1');

const firstLine = (text: string) => /^[^\r\n]*/.exec(text)?.[0] ?? '';

/** Sorted, so that equal lists are one. What nginx/lua/tidegate/users.lua reads. */
function describe({ users }: ParsedUsers): ReadList['list'] {
  const entries = [...users].sort(([a], [b]) => (a < b ? -1 : 1));
  const sha256 = entries.some(([key]) => key.startsWith('SHA-256:'));
  const json = JSON.stringify({ users: Object.fromEntries(entries), ...(sha256 ? { sha256 } : {}) });
  const text = Buffer.from(json, 'latin1').toString('base64');
  const digest = createHash('sha256').update(text).digest('hex');
  return Object.freeze({ state: 'usable', text, digest });
}

const CLOSED: UserList = Object.freeze({ state: 'closed' });

export interface UserLists {
  /** Of all Ingresses that ask for passwords, by key. Keeps its identity while nothing of it changes. */
  readonly lists: ReadonlyMap<Literal, UserList>;
  readonly problems: readonly Problem[];
}

export interface UserListRules {
  /** Whether an Ingress may use a Secret of another namespace. */
  readonly foreignSecrets: Foreign;
}

/** @param ingresses oldest first: when the users of a namespace are too many, the youngest go without. */
export type UserListReader = (
  ingresses: readonly ParsedIngress[],
  secrets: ReadonlyMap<ObjectKey, Secret>,
  rules: UserListRules,
) => UserLists;

type ReadingOptions = Pick<GraphOptions, 'annotationsPrefix' | 'budgets'>;

export function createUserListReader(options: ReadingOptions): UserListReader {
  const known = new WeakMap<Secret, Map<string, Result<ReadList>>>();
  let last: UserLists['lists'] = new Map();

  function readKnown(secret: Secret, { scheme, format }: Place): Result<ReadList> {
    const own = known.get(secret) ?? new Map<string, Result<ReadList>>();
    known.set(secret, own);
    const found = own.get(scheme + format) ?? readUserList(secret, scheme, format);
    own.set(scheme + format, found);
    return found;
  }

  return memoizeLast(
    (ingresses, secrets, { foreignSecrets }) => {
      const used = new Map<string, Used>();
      const reading: Reading = { secrets, foreignSecrets, read: readKnown, ...options, used };
      const lists = new Map<Literal, UserList>();
      const problems = ingresses.flatMap((ingress) => {
        const { list, problem } = listOf(ingress, reading);
        if (ingress.users !== null && !lists.has(ingress.users)) lists.set(ingress.users, list);
        return problem ?? [];
      });
      last = sameLists(last, lists) ? last : lists;
      return Object.freeze({ lists: last, problems });
    },
    (ingresses, secrets, { foreignSecrets }) => [ingresses, secrets, foreignSecrets],
  );
}

function sameLists(a: UserLists['lists'], b: UserLists['lists']): boolean {
  return a.size === b.size && [...a].every(([key, list]) => b.get(key) === list);
}

interface Reading extends ReadingOptions, UserListRules {
  readonly secrets: ReadonlyMap<ObjectKey, Secret>;
  readonly read: (secret: Secret, place: Place) => Result<ReadList>;
  /** By namespace. */
  readonly used: Map<string, Used>;
}

/** Lists from Secrets of a namespace, each once. */
interface Used {
  readonly digests: Set<string>;
  bytes: number;
}

interface Found {
  readonly list: UserList;
  readonly problem: Problem | null;
}

function listOf(ingress: ParsedIngress, reading: Reading): Found {
  const place = placeOf(ingress.namespace, ingress.annotations.basicAuth);
  if (place === null) return { list: CLOSED, problem: null };
  const field = `metadata.annotations["${reading.annotationsPrefix}/auth-secret"]`;
  const at = { object: ingress.ref, field };
  const found = find(ingress, place, reading);
  if (!found.ok) {
    const message = `Secret ${place.secret} ${found.reason}; all paths of the Ingress answer 503`;
    return { list: CLOSED, problem: warning('users-unusable', { ...at, message }) };
  }
  const { list, parsed } = found.value;
  const excess = excessOf(place, list, reading);
  if (excess !== null) {
    const effect = 'all paths of this Ingress answer 503';
    return { list: CLOSED, problem: budgetExceeded(at, { budget: 'userBytes', ...excess, effect }) };
  }
  const reason = reasonToTell(ingress, place, parsed);
  const message = `Secret ${place.secret} ${reason}`;
  return { list, problem: reason === null ? null : warning('users-unusable', { ...at, message }) };
}

function find({ namespace }: ParsedIngress, place: Place, reading: Reading): Result<ReadList> {
  const malformed = 'is not the name of a Secret; write "name" or "namespace/name"';
  const named = checkReference({ key: place.secret, namespace, malformed }, reading.foreignSecrets);
  if (!named.ok) return named;
  const secret = reading.secrets.get(place.secret);
  return secret === undefined ? fail('does not exist') : reading.read(secret, place);
}

/** Null while all lists from Secrets of a namespace fit. */
function excessOf(place: Place, list: ReadList['list'], { used, budgets }: Reading) {
  const namespace = place.secret.slice(0, place.secret.indexOf('/'));
  const own = used.get(namespace) ?? { digests: new Set<string>(), bytes: 0 };
  used.set(namespace, own);
  if (own.digests.has(list.digest)) return null;
  const has = own.bytes + list.text.length;
  if (has > budgets.userBytes) return { has, most: budgets.userBytes };
  own.digests.add(list.digest);
  own.bytes = has;
  return null;
}

function reasonToTell({ annotations }: ParsedIngress, place: Place, parsed: ParsedUsers): string | null {
  const realm: string = annotations.basicAuth.realm ?? '';
  if (place.scheme === 'digest' && parsed.users.size > 0 && !parsed.realms.has(realm))
    return `has no users of the realm "${realm}", so that nobody can log in; write another auth-realm, or run htdigest with this one`;
  const [first] = parsed.unusable;
  if (first === undefined) return null;
  const more = parsed.unusable.length === 1 ? '' : `, and so have ${parsed.unusable.length - 1} more`;
  return `has a user who cannot log in: ${first.where} ${first.reason}${more}`;
}
