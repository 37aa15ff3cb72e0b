/** The CA and the serving certificate of the admission webhook (compat/flags.md, "kube-webhook-certgen", create). */
import { X509Certificate, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
// The library's dependency injection needs it first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

export interface WebhookCertificates {
  /** PEM. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY = 86_400_000;
const LIFETIME = 100 * 365 * DAY;
const BACKDATED = 5 * 60_000;
/** A certificate with less time left than this is renewed by a rerun. */
const RENEW_BEFORE = 30 * DAY;

/** @param hosts DNS names and IP addresses of the webhook's Service. The key of the CA is not kept. */
export async function makeCertificates(hosts: readonly string[], now: number): Promise<WebhookCertificates> {
  const times = { notBefore: new Date(now - BACKDATED), notAfter: new Date(now + LIFETIME) };
  const caKeys = await generateKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...times,
    name: 'O=nil1',
    serialNumber: randomBytes(16).toString('hex'),
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const keys = await generateKeys();
  const leaf = await x509.X509CertificateGenerator.create({
    ...times,
    subject: 'O=nil2',
    issuer: ca.subject,
    serialNumber: randomBytes(16).toString('hex'),
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
        true,
      ),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((host) => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  return {
    ca: `${ca.toString('pem')}\n`,
    cert: `${leaf.toString('pem')}\n`,
    key: await exportKey(keys.privateKey),
  };
}

async function generateKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const base64 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${base64.replaceAll(/.{64}/g, '$&\n').trim()}\n-----END PRIVATE KEY-----\n`;
}

/** Why a certificate must be made anew, or null when it is still good for these hosts. */
export function renewalReason(cert: string, hosts: readonly string[], now: number): string | null {
  try {
    const certificate = new X509Certificate(cert);
    if (Date.parse(certificate.validTo) - now < RENEW_BEFORE)
      return `the certificate expires on ${certificate.validTo}`;
    const missing = hosts.find((host) =>
      isIP(host) === 0 ? certificate.checkHost(host) === undefined : certificate.checkIP(host) === undefined,
    );
    return missing === undefined ? null : `the certificate is not for ${missing}`;
  } catch {
    return 'the certificate cannot be read';
  }
}
