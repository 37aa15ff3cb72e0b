/** The certificate that is served where no other fits (compat/behaviour.md 6.5). */
import { webcrypto } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
// The library's dependency injection needs it first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const DAY = 86_400_000;
const SUBJECT = 'O=Acme Co, CN=Kubernetes Ingress Controller Fake Certificate';

/** Makes a new self-signed certificate (RSA 2048, 365 days, ingress.local) and writes it with its key as one PEM file. */
export async function writeFakeCertificate(path: string): Promise<void> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: SUBJECT,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 365 * DAY),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
        true,
      ),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'ingress.local' }]),
    ],
  });
  const exported = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const key = `-----BEGIN PRIVATE KEY-----\n${exported.replaceAll(/.{64}/g, '$&\n').trim()}\n-----END PRIVATE KEY-----`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, `${certificate.toString('pem')}\n${key}\n`, { mode: 0o600 });
}
