/** Which certificates are served, and until when they hold (compat/metrics.md, "Controller metrics"). */
import { X509Certificate } from 'node:crypto';
import { each, inSlices } from '../lib/slices.ts';
import type { Family } from './exposition.ts';

/** What of a certificate matters here. */
export interface ShownCertificate {
  /** Key of the Secret. */
  readonly key: string;
  /** Certificate chain and private key. */
  readonly pem: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

export interface ServedCertificate {
  readonly host: string;
  /** Null: the default one. */
  readonly certificate: ShownCertificate | null;
}

export interface CertificateMetrics {
  serving(hosts: readonly ServedCertificate[], standard: ShownCertificate | null): void;
  /** @param isLeader only the elected replica says when certificates end, so that they are counted once. */
  families(isLeader: () => boolean): Promise<readonly Family[]>;
}

const EXPIRY = {
  name: 'ssl_expire_time_seconds',
  type: 'gauge',
  help: 'When the certificate of a host ends, in seconds since the epoch',
} as const;
const INFO = {
  name: 'ssl_certificate_info',
  type: 'gauge',
  help: 'The certificate of a host; always 1',
} as const;
const KINDS: Readonly<Record<string, string>> = { rsa: 'RSA', ec: 'ECDSA', ed25519: 'Ed25519', dsa: 'DSA' };

interface Facts {
  readonly identifier: string;
  readonly serial: string;
  readonly organization: string;
  readonly commonName: string;
  readonly kind: string;
}

/** @param controllerClass the value of --controller-class. */
export function createCertificateMetrics(controllerClass: string): CertificateMetrics {
  const known = new WeakMap<ShownCertificate, Facts | null>();
  let rows: readonly (readonly [host: string, certificate: ShownCertificate])[] = [];

  const factsOf = (certificate: ShownCertificate): Facts | null => {
    const found = known.get(certificate) ?? read(certificate);
    known.set(certificate, found);
    return found;
  };

  return {
    serving(hosts, standard) {
      const all = [{ host: '_', certificate: standard }, ...hosts];
      rows = all.flatMap(({ host, certificate }) => {
        const shown = certificate ?? standard;
        return shown === null ? [] : [[host, shown] as const];
      });
    },
    async families(isLeader) {
      const shown: { host: string; certificate: ShownCertificate; facts: Facts }[] = [];
      // Each that is new is parsed, which must not hold up anything else when there are thousands.
      await inSlices(
        each(rows, ([host, certificate]) => {
          const facts = factsOf(certificate);
          if (facts !== null) shown.push({ host, certificate, facts });
        }),
      );
      if (shown.length === 0) return [];
      const labelsOf = ({ host, certificate: { key }, facts }: (typeof shown)[number]) => {
        const [namespace = '', name = ''] = key.split('/');
        return { namespace, class: controllerClass, host, secret_name: name, identifier: facts.identifier };
      };
      const expiry = shown.map((one) => [labelsOf(one), one.certificate.expires / 1000] as const);
      const info = shown.map((one) => {
        const { organization, commonName, serial, kind } = one.facts;
        const more = {
          issuer_organization: organization,
          issuer_common_name: commonName,
          serial_number: serial,
          public_key_algorithm: kind,
        };
        return [{ ...labelsOf(one), ...more }, 1] as const;
      });
      return [...(isLeader() ? [{ ...EXPIRY, rows: expiry }] : []), { ...INFO, rows: info }];
    },
  };
}

/** Null when it cannot be read, which the graph has told about. */
function read({ pem }: ShownCertificate): Facts | null {
  try {
    const { issuer, serialNumber, publicKey } = new X509Certificate(pem);
    const part = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(issuer)?.[1] ?? '';
    const serial = BigInt(`0x${serialNumber}`).toString();
    return {
      identifier: `${part('serialNumber')}-${serial}`,
      serial,
      organization: part('O'),
      commonName: part('CN'),
      kind: KINDS[publicKey.asymmetricKeyType ?? ''] ?? publicKey.asymmetricKeyType ?? '',
    };
  } catch {
    return null;
  }
}
