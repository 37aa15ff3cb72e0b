/** What TLS of one host has of its own (compat/behaviour.md 6.3 and section 24). */
import type { GraphHost, HostClientAuth } from '../graph/graph.ts';
import type { ClientCertificates, ServerTls } from './model.ts';
import { secretFile } from './side-files.ts';

/** Null for a host that is as all others: it costs nginx next to nothing. */
export function serverTls(
  { ciphers, preferServerCiphers }: Pick<GraphHost, 'ciphers' | 'preferServerCiphers'>,
  clientAuth: HostClientAuth | null,
): ServerTls | null {
  const clients = clientAuth?.state === 'usable' ? clientCertificates(clientAuth) : null;
  if (ciphers === null && preferServerCiphers === null && clients === null) return null;
  return Object.freeze({ ciphers, preferServerCiphers, clients });
}

function clientCertificates({
  authority,
  annotations,
}: Extract<HostClientAuth, { readonly state: 'usable' }>): ClientCertificates | null {
  if (authority === null) return null;
  const { file, certificates, revoked } = authority;
  return Object.freeze({
    authority: secretFile(file, certificates),
    revoked: revoked === null ? null : secretFile(`crl_${file}`, revoked),
    verify: annotations.verify ?? 'on',
    depth: annotations.depth ?? 1,
    errorPage: annotations.errorPage,
    pass: annotations.passCertificate === true,
  });
}
