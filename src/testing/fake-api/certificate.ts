import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';

/** PEM. The certificate is its own authority, for 127.0.0.1 and localhost, from yesterday until tomorrow. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Object identifiers in DER, contents only. */
const oid = {
  commonName: [0x55, 0x04, 0x03],
  basicConstraints: [0x55, 0x1d, 0x13],
  subjectAltName: [0x55, 0x1d, 0x11],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
} as const;

/** Written in DER by hand (RFC 5280): one fixed shape needs no library. */
export function makeCertificate(): ServerCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // Two authorities of one name would be confused when a client trusts both.
  const commonName = `fake-api ${randomUUID()}`;
  const algorithm = sequence(tlv(0x06, Buffer.from(oid.ecdsaWithSha256)));
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([1])),
    algorithm,
    name(commonName),
    sequence(time(-1), time(1)),
    name(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(authority(), alternativeNames())),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(body, algorithm, tlv(0x03, Buffer.from([0]), signature));
  return {
    certificate: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function tlv(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return tlv(0x30, ...contents);
}

function name(commonName: string): Buffer {
  const attribute = sequence(
    tlv(0x06, Buffer.from(oid.commonName)),
    tlv(0x0c, Buffer.from(commonName, 'utf8')),
  );
  return sequence(tlv(0x31, attribute));
}

/** UTCTime, to the second. */
function time(daysFromNow: number): Buffer {
  const iso = new Date(Date.now() + daysFromNow * 86_400_000).toISOString();
  return tlv(0x17, Buffer.from(`${iso.replaceAll(/[-:T]/gu, '').slice(2, 14)}Z`, 'ascii'));
}

function authority(): Buffer {
  const isAuthority = sequence(tlv(0x01, Buffer.from([0xff])));
  return sequence(tlv(0x06, Buffer.from(oid.basicConstraints)), tlv(0x04, isAuthority));
}

function alternativeNames(): Buffer {
  const names = sequence(
    tlv(0x87, Buffer.from([127, 0, 0, 1])),
    tlv(0x82, Buffer.from('localhost', 'ascii')),
  );
  return sequence(tlv(0x06, Buffer.from(oid.subjectAltName)), tlv(0x04, names));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/gu) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
