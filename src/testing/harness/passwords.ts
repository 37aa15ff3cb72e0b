/** Users, hashes of their passwords, and what clients say to log in. */
import { createHash } from 'node:crypto';

/** The password of all hashes below. */
export const PASSWORD = 'secret';

const sha1 = (text: string) => createHash('sha1').update(text).digest();

/** Made by crypt(3) of Debian 12 and "openssl passwd -apr1"; those of LDAP here. */
export const hashes: Readonly<Record<string, string>> = {
  plain: `{PLAIN}${PASSWORD}`,
  sha: `{SHA}${sha1(PASSWORD).toString('base64')}`,
  ssha: `{SSHA}${Buffer.concat([sha1(`${PASSWORD}salt`), Buffer.from('salt')]).toString('base64')}`,
  apr1: '$apr1$saltsalt$LrttParrLPdxvgutaSXWJ0',
  des: 'abNANd1rDfiNc',
  md5: '$1$saltsalt$9xy1btjgzLYfb7hivXtC//',
  sha256: '$5$saltstring$C3o4O1TC6aRHF4FI.QSZMXtHbaj2gSXr4sUc/3NcUi.',
  rounds: '$5$rounds=10000$saltstring$Xu/H4oie/4H3iXm4Vw/vuJU.61Dbtiq.KxS0W5DDch3',
  sha512:
    '$6$saltstring$AIsRs/Ee56G/tC8MEHhvReZTfx8u3rXXMl6eYrjCG9ibix19DxoMBLogdTET5Ukw9Sf7eZTITsuk0Ry5qulYz.',
  bcrypt2a: '$2a$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW',
  bcrypt2b: '$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW',
  bcrypt2y: '$2y$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u',
  yescrypt: '$y$j9T$F5Jx5fExrKuPp53xLKQ..1$GmcwIgvdUC9qLWcKCi6gklUa1dM3ziD43YxYNURLKy0',
};

/** Takes about a quarter of a second. */
export const slowHash = '$2b$12$abcdefghijklmnopqrstuuT1Iwu6o8Wx7BoOyIMHfgVJq6JO/IJhW';

/** As htpasswd writes a file. */
export function userFile(users: Readonly<Record<string, string>>): string {
  return Object.entries(users)
    .map(([user, hash]) => `${user}:${hash}\n`)
    .join('');
}

export function basic(user: string, password: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

export type DigestAlgorithm = 'MD5' | 'SHA-256';

function sum(algorithm: DigestAlgorithm, text: string): string {
  return createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(text)
    .digest('hex');
}

/** A line as htdigest writes it. */
export function digestLine(user: string, realm: string, algorithm: DigestAlgorithm = 'MD5'): string {
  return `${user}:${realm}:${sum(algorithm, `${user}:${realm}:${PASSWORD}`)}\n`;
}

export interface DigestAnswer {
  readonly user: string;
  readonly password: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly method: string;
  readonly count: number;
  readonly algorithm: DigestAlgorithm;
  readonly qop: string;
}

/** RFC 7616, section 3.4, with a count and qop. */
export function digest(answer: DigestAnswer): { readonly authorization: string } {
  const { user, password, realm, nonce, uri, method, algorithm, qop } = answer;
  const nc = answer.count.toString(16).padStart(8, '0');
  const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
  const who = sum(algorithm, `${user}:${realm}:${password}`);
  const what = sum(algorithm, `${method}:${uri}`);
  const response = sum(algorithm, [who, nonce, nc, cnonce, qop, what].join(':'));
  return {
    authorization:
      `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=${algorithm}, ` +
      `response="${response}", qop=${qop}, nc=${nc}, cnonce="${cnonce}"`,
  };
}
