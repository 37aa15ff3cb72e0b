/** Words of TLS that nginx hands to OpenSSL, checked so that neither can refuse them. */
import { createSecureContext } from 'node:tls';
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { Ciphers, Duration, Size, Token } from './safe.ts';
import { parseSize } from './safe.ts';
import { sizeInBytes } from './values.ts';
import type { ValueType } from './values.ts';

const CIPHERS = /^(?:[A-Za-z0-9!:+_-]|@STRENGTH|@SECLEVEL=[0-5])+$/;

/** Families that one build of OpenSSL has and another lacks: a list must hold something without them. */
const NOT_EVERYWHERE = ':!PSK:!SRP:!CAMELLIA:!ARIA:!SEED:!IDEA:!3DES:!RC4:!eNULL:!aNULL';

/** @param text an OpenSSL cipher list. */
export function parseCiphers(text: string): Result<Ciphers> {
  const list = text.replaceAll(' ', ':');
  if (list.length > 2000 || !CIPHERS.test(list)) {
    return fail('is not an OpenSSL cipher list; write for example "ECDHE-RSA-AES128-GCM-SHA256:!aNULL"');
  }
  try {
    createSecureContext({ ciphers: list });
    createSecureContext({ ciphers: list + NOT_EVERYWHERE });
  } catch {
    return fail('names no cipher that OpenSSL has');
  }
  return ok(list as Ciphers);
}

export const ciphers: ValueType<Ciphers> = { name: 'OpenSSL cipher list', parse: parseCiphers };

/** Empty: OpenSSL's own. */
export const ciphersOrNone: ValueType<Ciphers | null> = {
  name: 'OpenSSL cipher list, or empty for that of OpenSSL',
  parse: (text) => (text === '' ? ok(null) : parseCiphers(text)),
};

/** Those that every version of OpenSSL knows that nginx is built with. */
const CURVES = new Set(['X25519', 'X448', 'prime256v1', 'secp384r1', 'secp521r1', 'P-256', 'P-384', 'P-521']);

export const curves: ValueType<Token> = {
  name: `auto, or a list of ${[...CURVES].join(', ')} with ":" between`,
  parse: (text) => {
    const names = text.split(':');
    const known = names.every((name) => CURVES.has(name)) && new Set(names).size === names.length;
    return text === 'auto' || known
      ? ok(text as string as Token)
      : fail(`is not "auto" or a list of ${[...CURVES].join(', ')}, for example "X25519:prime256v1"`);
  },
};

/** nginx keeps a table of sessions in pages of shared memory, and knows no gigabytes there. */
export const sessionCacheSize: ValueType<Size> = {
  name: 'size from 64k to 1024m',
  parse: (text) => within(text, { least: 64 * 2 ** 10, most: 2 ** 30 }),
};

/** A record of TLS has 16k; every connection takes this much. */
export const recordBuffer: ValueType<Size> = {
  name: 'size from 256 to 1m',
  parse: (text) => within(text, { least: 256, most: 2 ** 20 }),
};

function within(text: string, { least, most }: { readonly least: number; readonly most: number }) {
  const parsed = parseSize(text);
  if (!parsed.ok) return parsed;
  const bytes = sizeInBytes(parsed.value);
  return bytes >= least && bytes <= most && !/g$/i.test(text)
    ? parsed
    : fail(`is not a size from ${least} to ${most} bytes; write digits and k or m, for example "64k"`);
}

/** nginx takes no milliseconds here; units stand in descending order. */
export const sessionTimeout: ValueType<Duration> = {
  name: 'time, for example 10m',
  parse: (text) =>
    /^(?=\d)(?:\d{1,3}d)?(?:\d{1,4}h)?(?:\d{1,5}m)?(?:\d{1,7}s?)?$/.test(text)
      ? ok(text as Duration)
      : fail('is not a time; write a number and s, m, h or d, for example "10m"'),
};

/** Keys that nginx and OpenSSL take: 48 bytes with AES-128, 80 bytes with AES-256. */
export const ticketKey: ValueType<string | null> = {
  name: 'base64 of 48 or 80 bytes',
  parse: (text) => {
    if (text === '') return ok(null);
    const bytes = /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64').length : 0;
    return bytes === 48 || bytes === 80
      ? ok(text)
      : fail('is not base64 of 48 or 80 bytes; make one with "openssl rand -base64 80"');
  },
};

/** The first block of a PEM file, when OpenSSL takes it as Diffie-Hellman parameters of today's least size. */
export function parseDhParameters(pem: string): Result<string> {
  const block = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/.exec(pem);
  if (block === null || block[1] !== 'DH PARAMETERS')
    return fail('does not begin with a PEM block "DH PARAMETERS"');
  const der = Buffer.from(block[0].replaceAll(/-----[^-]*-----/g, ''), 'base64');
  const [prime, generator] = integersOf(der);
  if (prime === undefined || generator === undefined || generator.length === 0)
    return fail('holds no Diffie-Hellman parameters');
  // An odd number without the byte of its sign.
  if (prime.length < 256 || ((prime.at(-1) ?? 0) & 1) === 0)
    return fail('has fewer than 2048 bits, which OpenSSL refuses, or no prime');
  return ok(`${block[0]}\n`);
}

/** The numbers of a DER sequence of numbers, without leading zeros; none when it is anything else. */
function integersOf(der: Buffer): readonly Buffer[] {
  const outer = elementAt(der, 0);
  if (outer?.tag !== 0x30 || outer.end !== der.length) return [];
  const found: Buffer[] = [];
  for (let at = outer.start; at < outer.end;) {
    const inner = elementAt(der, at);
    if (inner?.tag !== 0x02 || inner.end > outer.end) return [];
    const zeros = der[inner.start] === 0 ? 1 : 0;
    found.push(der.subarray(inner.start + zeros, inner.end));
    at = inner.end;
  }
  return found;
}

function elementAt(der: Buffer, at: number) {
  const first = der[at + 1];
  if (first === undefined) return null;
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (more > 4 || at + 2 + more > der.length) return null;
  const length = more === 0 ? first : der.readUIntBE(at + 2, more);
  const start = at + 2 + more;
  return start + length > der.length ? null : { tag: der[at], start, end: start + length };
}

/** What OpenSSL finds too weak stops nginx, too. @throws with a code. */
export function assertUsablePair(cert: string, key: string): void {
  createSecureContext({ cert, key });
}

/** `namespace/name`, or nothing. */
export const secretReference: ValueType<string | null> = {
  name: 'namespace/name',
  parse: (text) => {
    if (text === '') return ok(null);
    return /^[a-z0-9][-a-z0-9.]{0,252}\/[a-z0-9][-a-z0-9.]{0,252}$/.test(text)
      ? ok(text)
      : fail('is not the name of a Secret; write "namespace/name"');
  },
};
