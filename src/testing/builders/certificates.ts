/** Real key pairs for tests, each made once in a run. */
import { webcrypto } from 'node:crypto';
// The library's dependency injection needs it first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { Secret } from '../../source/objects.ts';
import { secret } from './objects.ts';

export interface KeyPair {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

const DAY = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Self-signed for these names. */
export async function makeKeyPair(names: readonly string[], days = 30): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${names[0] ?? 'nobody'}`,
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + days * DAY),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value }))),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${key.replaceAll(/.{64}/g, '$&\n').trim()}\n-----END PRIVATE KEY-----\n`,
  };
}

/** For `*.example.com`, `example.com` and `localhost`. */
export const examplePair = await makeKeyPair(['*.example.com', 'example.com', 'localhost']);
/** Another key for the same names. */
export const renewedPair = await makeKeyPair(['*.example.com', 'example.com', 'localhost']);
/** For `*.other.test` only. */
export const otherPair = await makeKeyPair(['*.other.test']);

export interface TlsSecretSpec {
  readonly name?: string;
  readonly namespace?: string;
  readonly version?: string;
  readonly pair?: KeyPair;
}

/** A TLS Secret called `tls` with a certificate for `*.example.com`, unless told otherwise. */
export function tlsSecret({ pair = examplePair, ...meta }: TlsSecretSpec = {}): Secret {
  return secret({ ...meta, data: { 'tls.crt': pair.certificate, 'tls.key': pair.key } });
}
