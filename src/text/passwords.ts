/** Lists of users as htpasswd and htdigest write them (compat/behaviour.md section 22), and hashes that can be compared. */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { Literal } from './safe.ts';
import type { ValueType } from './values.ts';

/** Whether it names a Secret is seen later: a name that is none closes the Ingress. */
export const userSecret: ValueType<string> = {
  name: 'name, or namespace/name',
  parse: (text) =>
    /^[-._~a-zA-Z0-9/:]{1,520}$/.test(text)
      ? ok(text)
      : fail('is not the name of a Secret; write "name" or "namespace/name"'),
};

/** Nothing that could end a header or a quoted string. */
export const realm: ValueType<Literal> = {
  name: 'text of letters, digits, blanks and - . _ ~ / :',
  parse: (text) =>
    /^[-._~a-zA-Z0-9/: ]{1,500}$/.test(text)
      ? ok(text as string as Literal)
      : fail('may only contain letters, digits, blanks and - . _ ~ / :, 500 of them at most'),
};

export type PasswordScheme = 'basic' | 'digest';

/** What of a line cannot be used; `where` never shows a password or hash. */
export interface UnusableEntry {
  readonly where: string;
  readonly reason: string;
}

export interface ParsedUsers {
  /**
   * basic: hash by user; digest: hash by `MD5:user:realm` or `SHA-256:user:realm`. Each character is a byte: nobody says in which
   * encoding names are.
   */
  readonly users: ReadonlyMap<string, string>;
  readonly unusable: readonly UnusableEntry[];
  /** Of digest. */
  readonly realms: ReadonlySet<string>;
}

interface Line {
  readonly text: string;
  readonly where: string;
}

const ONE_LINE = /^[^\r\n]*/;

/** The text of a file: blank lines and those that begin with # say nothing. @param bytes one character for each. */
export function linesOfFile(bytes: string): readonly Line[] {
  const lines = bytes.split('\n').map((line, index) => ({
    text: ONE_LINE.exec(line)?.[0] ?? '',
    where: `line ${index + 1}`,
  }));
  return lines.filter(({ text }) => text !== '' && !text.startsWith('#'));
}

/** Of each user only the first line counts, as for nginx's own module. */
export function parseUsers(lines: readonly Line[], scheme: PasswordScheme): ParsedUsers {
  const read = scheme === 'basic' ? readBasic : readDigest;
  const users = new Map<string, string>();
  const unusable: UnusableEntry[] = [];
  const realms = new Set<string>();
  for (const { text, where } of lines) {
    const entry = read(text);
    if (!entry.ok) {
      unusable.push({ where, reason: entry.reason });
      continue;
    }
    const { key, hash, realm: ownRealm } = entry.value;
    if (!users.has(key)) users.set(key, hash);
    realms.add(ownRealm);
  }
  return { users, unusable, realms };
}

interface Entry {
  readonly key: string;
  readonly hash: string;
  readonly realm: string;
}

/** `user:hash`, and perhaps a comment after another colon. */
function readBasic(line: string): Result<Entry> {
  const [user = '', hash] = line.split(':');
  if (user === '' || hash === undefined) return fail('is not "user:hash"');
  const fault = faultOfHash(hash);
  return fault === null ? ok({ key: user, hash, realm: '' }) : fail(fault);
}

const DIGEST_LINE = /^(?<user>[^:]+):(?<realm>.*):(?<hash>[0-9a-fA-F]{32}|[0-9a-fA-F]{64})$/;

function readDigest(line: string): Result<Entry> {
  const { user = '', realm: ownRealm = '', hash = '' } = DIGEST_LINE.exec(line)?.groups ?? {};
  if (hash === '') return fail('is not "user:realm:hash" as htdigest writes it');
  const algorithm = hash.length === 32 ? 'MD5' : 'SHA-256';
  return ok({ key: `${algorithm}:${user}:${ownRealm}`, hash: hash.toLowerCase(), realm: ownRealm });
}

/** Whatever takes longer, or more memory, is nobody's login but a burden for all. */
const MOST_BCRYPT = 15;
const MOST_ROUNDS = 1_000_000;
const MOST_YESCRYPT_BYTES = 64 * 2 ** 20;

const FORMATS: readonly RegExp[] = [
  /^\{PLAIN\}/,
  /^\{SHA\}[A-Za-z0-9+/]{27}=$/,
  /^\{SSHA\}[A-Za-z0-9+/]{27,}={0,2}$/,
  /^\$apr1\$[^$]{0,8}\$[./0-9A-Za-z]{22}$/,
  /^\$1\$[^$]{0,8}\$[./0-9A-Za-z]{22}$/,
  /^\$5\$(?:rounds=\d+\$)?[^$]{0,16}\$[./0-9A-Za-z]{43}$/,
  /^\$6\$(?:rounds=\d+\$)?[^$]{0,16}\$[./0-9A-Za-z]{86}$/,
  /^\$2[abxy]\$\d\d\$[./0-9A-Za-z]{53}$/,
  /^\$y\$[./0-9A-Za-z][./0-9A-Za-j]{2}\$[./0-9A-Za-z]{0,86}\$[./0-9A-Za-z]{43}$/,
  // What crypt began with.
  /^[./0-9A-Za-z]{13}$/,
];

/** Why nobody can log in with a hash, without showing any of it; null when all is well. */
export function faultOfHash(hash: string): string | null {
  if (!FORMATS.some((format) => format.test(hash)))
    return 'has a hash of a kind that is not known; make one with "htpasswd -B" or "openssl passwd -6"';
  const bcrypt = /^\$2.\$(\d\d)/.exec(hash)?.[1];
  if (Number(bcrypt ?? 0) > MOST_BCRYPT)
    return `has a bcrypt hash of cost ${bcrypt}, which takes too long; ${MOST_BCRYPT} at most`;
  const rounds = /^\$[56]\$rounds=(\d+)/.exec(hash)?.[1];
  if (Number(rounds ?? 0) > MOST_ROUNDS)
    return `has a hash of ${rounds?.slice(0, 12)} rounds, which takes too long; ${MOST_ROUNDS} at most`;
  if (yescryptBytes(hash) > MOST_YESCRYPT_BYTES)
    return `has a yescrypt hash that takes too much memory; ${MOST_YESCRYPT_BYTES / 2 ** 20} MB at most`;
  return null;
}

const CRYPT_DIGITS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `$y$j9T$`: a sign for flags, one for the logarithm of N, one for r; 128 bytes times r times N. */
function yescryptBytes(hash: string): number {
  const [, n, r] = /^\$y\$.(.)(.)\$/.exec(hash) ?? [];
  if (n === undefined || r === undefined) return 0;
  return 128 * (CRYPT_DIGITS.indexOf(r) + 1) * 2 ** (CRYPT_DIGITS.indexOf(n) + 1);
}
