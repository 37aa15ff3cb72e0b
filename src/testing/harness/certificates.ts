/** Certificates for tests, made new each time. */
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
// The library's dependency injection needs it first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { keyAlgorithms } from '../certificate.ts';
import type { PairPem } from './objects.ts';

const DAY = 86_400_000;
const ALGORITHM = keyAlgorithms.ecdsa;

const validity = () => ({
  notBefore: new Date(Date.now() - DAY),
  notAfter: new Date(Date.now() + 30 * DAY),
  signingAlgorithm: ALGORITHM,
});

function newKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** Self-signed, for these names; the first is the common name. */
export function makePair(...names: readonly string[]): Promise<PairPem> {
  return makePairWith(names, {});
}

export interface PairOptions {
  readonly kind?: keyof typeof keyAlgorithms;
  readonly notAfter?: Date;
}

export async function makePairWith(
  names: readonly string[],
  { kind = 'ecdsa', notAfter }: PairOptions,
): Promise<PairPem> {
  const signingAlgorithm = keyAlgorithms[kind];
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    ...(notAfter === undefined ? {} : { notAfter, notBefore: new Date(notAfter.getTime() - DAY) }),
    signingAlgorithm,
    name: `CN=${names[0] ?? ''}`,
    keys,
    extensions: [alternativeNames(names)],
  });
  return { certificate: pemOf(certificate), key: await keyPem(keys.privateKey) };
}

function alternativeNames(names: readonly string[]): x509.Extension {
  return new x509.SubjectAlternativeNameExtension(
    names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
  );
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const base64 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  const lines = base64.replaceAll(/.{64}/g, '$&\n').trim();
  return `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`;
}

function privateKeyOf(pem: string): Promise<webcrypto.CryptoKey> {
  const [raw = new ArrayBuffer(0)] = x509.PemConverter.decode(pem);
  return webcrypto.subtle.importKey('pkcs8', raw, ALGORITHM, true, ['sign']);
}

export interface IssueOptions {
  readonly notAfter?: Date;
  /** Of a server. */
  readonly names?: readonly string[];
  /** Who tells whether it is revoked. */
  readonly ocsp?: string;
}

export interface Authority extends PairPem {
  /** @param subject as `CN=alice,O=Example`. */
  issue(subject: string, options?: IssueOptions): Promise<PairPem>;
  /** A list with these certificates. */
  revoke(...pairs: readonly PairPem[]): Promise<string>;
}

/** One that another one vouches for, or nobody else. */
export async function makeAuthority(name: string, by: Authority | null = null): Promise<Authority> {
  const keys = await newKeys();
  const extensions = [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
  ];
  const certificate =
    by === null
      ? await x509.X509CertificateGenerator.createSelfSigned({
          ...validity(),
          name: `CN=${name}`,
          keys,
          extensions,
        })
      : await x509.X509CertificateGenerator.create({
          ...validity(),
          subject: `CN=${name}`,
          issuer: new x509.X509Certificate(by.certificate).subject,
          signingKey: await privateKeyOf(by.key),
          publicKey: keys.publicKey,
          extensions,
        });
  const signing = { ...validity(), issuer: certificate.subject, signingKey: keys.privateKey };
  let serial = 1;
  return {
    certificate: pemOf(certificate),
    key: await keyPem(keys.privateKey),
    async issue(subject, { notAfter, names = [], ocsp } = {}) {
      const own = await newKeys();
      const issued = await x509.X509CertificateGenerator.create({
        ...signing,
        ...(notAfter === undefined ? {} : { notAfter, notBefore: new Date(notAfter.getTime() - DAY) }),
        subject,
        serialNumber: (++serial).toString(16).padStart(4, '0'),
        publicKey: own.publicKey,
        extensions: [
          await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
          ...(names.length === 0 ? [] : [alternativeNames(names)]),
          ...(ocsp === undefined ? [] : [new x509.AuthorityInfoAccessExtension({ ocsp })]),
        ],
      });
      return { certificate: pemOf(issued), key: await keyPem(own.privateKey) };
    },
    async revoke(...pairs) {
      const entries = pairs.map(({ certificate: pem }) => ({
        serialNumber: new x509.X509Certificate(pem).serialNumber,
        revocationDate: new Date(Date.now() - DAY / 2),
      }));
      const list = await x509.X509CrlGenerator.create({
        issuer: certificate.subject,
        thisUpdate: new Date(Date.now() - DAY),
        nextUpdate: new Date(Date.now() + 30 * DAY),
        signingAlgorithm: ALGORITHM,
        signingKey: keys.privateKey,
        entries,
      });
      // OpenSSL's label for it.
      return `${list.toString('pem').replaceAll(/(BEGIN|END) CRL/g, '$1 X509 CRL')}\n`;
    },
  };
}
