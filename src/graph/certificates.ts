/** TLS Secrets, and which of them a host serves (compat/behaviour.md 6.5). */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { ObjectKey, ObjectRef, Secret } from '../source/objects.ts';
import type { Certificate, Host, HostCertificate, ParsedIngress, ParsedTls } from './graph.ts';
import { decodeBase64 as decode, pemBlocks } from '../text/pem.ts';
import { warning } from './problems.ts';
import type { Problem, ProblemCode } from './problems.ts';

/** Reads `tls.crt` and `tls.key`; the first certificate must belong to the key. */
export function parseCertificate(secret: Secret): Result<Certificate> {
  const key = `${secret.metadata.namespace}/${secret.metadata.name}`;
  const chain = decode(secret.data?.['tls.crt']);
  const privateKey = decode(secret.data?.['tls.key']);
  if (chain === null || privateKey === null) return fail('holds no "tls.crt" and "tls.key"');
  const blocks = pemBlocks(chain);
  if (blocks[0]?.label !== 'CERTIFICATE') return fail('"tls.crt" does not begin with a PEM certificate');
  const texts = blocks.filter(({ label }) => label === 'CERTIFICATE').map(({ text }) => text);
  try {
    // The workers take all of the chain or nothing.
    const [certificate] = texts.map((text) => new X509Certificate(text));
    if (certificate === undefined || !certificate.checkPrivateKey(createPrivateKey(privateKey))) {
      return fail('"tls.key" is not the key of the first certificate in "tls.crt"');
    }
    return ok(
      Object.freeze({
        key,
        pem: `${texts.join('\n')}\n${privateKey.trim()}\n`,
        names: namesOf(certificate),
        expires: certificate.validToDate.getTime(),
      }),
    );
  } catch (error) {
    // The library's text may quote key material; its code is enough to look it up.
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return fail(`"tls.crt" or "tls.key" is not readable as PEM${code}`);
  }
}

// The common name counts only when there are no alternative names: Go's lenient check, which ingress-nginx uses.
function namesOf(certificate: X509Certificate): readonly string[] {
  const names = [...(certificate.subjectAltName ?? '').matchAll(/DNS:([^,\s"]+)/g)].map(
    (match) => match[1] ?? '',
  );
  const common = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  const all = names.length === 0 && common !== undefined ? [common] : names;
  return Object.freeze(all.map((name) => name.toLowerCase()));
}

/** Whether a certificate is good for a host: equal, or one label under a wildcard. */
export function covers(certificate: Certificate, host: string): boolean {
  const name = host.toLowerCase();
  const wildcard = name.replace(/^[^.]+/, '*');
  return certificate.names.some((entry) => entry === name || entry === wildcard);
}

/** What the Secrets say about one host; `lookup` gives undefined for a Secret that does not exist. */
export type CertificateLookup = (key: ObjectKey) => Result<Certificate> | undefined;

/** The certificate of a host whose `spec.tls` is decided by `owner`. */
export function chooseCertificate(
  host: Host,
  owner: ParsedIngress,
  lookup: CertificateLookup,
): HostCertificate {
  const entry = findEntry(host, owner, lookup);
  if (entry === null || entry.secretName === '') return { host, certificate: null, problems: [] };
  const key = `${owner.namespace}/${entry.secretName}`;
  const found = lookup(key);
  if (found === undefined)
    return withDefault(host, problem('secret-missing', owner, { entry, reason: 'does not exist' }));
  if (!found.ok)
    return withDefault(host, problem('certificate-invalid', owner, { entry, reason: found.reason }));
  if (!covers(found.value, host)) {
    const reason = `has a certificate for ${found.value.names.join(', ') || 'no name'}, not for "${host}"`;
    return withDefault(host, problem('certificate-mismatch', owner, { entry, reason }));
  }
  return { host, certificate: found.value, problems: [] };
}

function findEntry(host: Host, owner: ParsedIngress, lookup: CertificateLookup): ParsedTls | null {
  const named = owner.tls.find((entry) => entry.hosts.some((name) => name.toLowerCase() === host));
  if (named !== undefined) return named;
  const covering = owner.tls.find((entry) => {
    const found = entry.secretName === '' ? undefined : lookup(`${owner.namespace}/${entry.secretName}`);
    return found?.ok === true && covers(found.value, host);
  });
  return covering ?? null;
}

function withDefault(host: Host, found: Problem): HostCertificate {
  return { host, certificate: null, problems: [found] };
}

function problem(
  code: ProblemCode,
  owner: ParsedIngress,
  about: { readonly entry: ParsedTls; readonly reason: string },
): Problem {
  const object: ObjectRef = owner.ref;
  const message = `Secret ${owner.namespace}/${about.entry.secretName} ${about.reason}; the default certificate is served`;
  return warning(code, { object, field: `${about.entry.field}.secretName`, message });
}
