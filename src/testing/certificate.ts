/** Certificates for tests, made once for each list of names. */
import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

export interface TestCertificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** As the `data` of a TLS Secret. */
  readonly data: Readonly<Record<'tls.crt' | 'tls.key', string>>;
}

/** Of the keys that tests make. */
export const keyAlgorithms = {
  ecdsa: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  },
} as const;

export interface CertificateInput {
  readonly names: readonly string[];
  readonly common?: string;
  readonly kind?: keyof typeof keyAlgorithms;
}

/** Self-signed, ECDSA P-256 unless asked for RSA. Without names it has no alternative names at all. */
export async function makeCertificate({
  names,
  common = 'test',
  kind = 'ecdsa',
}: CertificateInput): Promise<TestCertificate> {
  const algorithm = keyAlgorithms[kind];
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${common}`,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    signingAlgorithm: algorithm,
    keys,
    extensions:
      names.length === 0
        ? []
        : [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const cert = `${certificate.toString('pem')}\n`;
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`;
  const encode = (text: string) => Buffer.from(text).toString('base64');
  return { cert, key, data: { 'tls.crt': encode(cert), 'tls.key': encode(key) } };
}
