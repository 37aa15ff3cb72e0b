/** What endpoints that speak TLS are shown, and what they must show (compat/behaviour.md 26.3). */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { Secret } from '../source/objects.ts';
import { decodeBase64, pemBlocks } from '../text/pem.ts';
import { assertUsablePair } from '../text/tls.ts';
import type { EndpointTrust } from './graph.ts';

export type EndpointIdentity = Omit<EndpointTrust, 'file'>;

/** Certificate and key, authorities, or both; in one text, as scripts know it (compat/nginx-conf.md section 3). */
export function parseEndpointIdentity({ data = {} }: Secret): Result<EndpointIdentity> {
  const texts = {
    chain: decodeBase64(data['tls.crt']),
    key: decodeBase64(data['tls.key']),
    authority: decodeBase64(data['ca.crt']),
  };
  const pair = texts.chain === null || texts.key === null ? ok([]) : parsePair(texts.chain, texts.key);
  const authorities = texts.authority === null ? ok([]) : parseAuthorities(texts.authority);
  if (!pair.ok) return pair;
  if (!authorities.ok) return authorities;
  const blocks = [...pair.value, ...authorities.value];
  if (blocks.length === 0) return fail('holds neither "ca.crt" nor "tls.crt" and "tls.key"');
  return ok(
    Object.freeze({
      pem: `${blocks.join('\n')}\n`,
      trusts: authorities.value.length > 0,
      shows: pair.value.length > 0,
    }),
  );
}

function parseAuthorities(text: string): Result<readonly string[]> {
  const blocks = certificatesIn(text);
  return blocks.length > 0 && blocks.every((pem) => certificateOf(pem) !== null)
    ? ok(blocks)
    : fail('holds a "ca.crt" that is not made of PEM certificates');
}

function parsePair(chain: string, keyText: string): Result<readonly string[]> {
  const [first, ...others] = certificatesIn(chain);
  const key = pemBlocks(keyText).find(({ label }) => label.endsWith('PRIVATE KEY'))?.text;
  if (first === undefined || key === undefined) return fail('holds a "tls.crt" or "tls.key" that is not PEM');
  // In the same file as the authorities, so that a root beside the certificate would be one more of them.
  const between = others.filter((pem) => !isRoot(pem));
  try {
    if (!new X509Certificate(first).checkPrivateKey(createPrivateKey(key)))
      return fail('holds a "tls.key" that is not the key of the first certificate in "tls.crt"');
    assertUsablePair([first, ...between].join('\n'), key);
  } catch (error) {
    // The library's text may quote key material; its code is enough to look it up.
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return fail(`holds a "tls.crt" or "tls.key" that OpenSSL does not take${code}`);
  }
  return ok([first, ...between, key]);
}

function certificatesIn(text: string): readonly string[] {
  return pemBlocks(text).flatMap((block) => (block.label === 'CERTIFICATE' ? [block.text] : []));
}

function certificateOf(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

function isRoot(pem: string): boolean {
  const certificate = certificateOf(pem);
  return certificate !== null && certificate.subject === certificate.issuer;
}
