/** TLS of one server, as far as it is not that of all (compat/behaviour.md 15.4 and section 24). */
import type { HttpTls, Server, ServerTls } from '../model/model.ts';
import type { Environment } from './environment.ts';
import { sidePath } from './side-files.ts';

/**
 * An OpenSSL context: nginx lets servers without one use that of the default server (docs/decisions/0002). In a context of its
 * own the certificate is chosen once more, since the choice that was made before is lost with the shared one.
 */
export function contextView(
  tls: ServerTls | null,
  environment: Environment,
  http: Pick<HttpTls, 'contexts'>,
) {
  const { purpose, layout, luaDir } = environment;
  return {
    own: purpose === 'serve' && (tls !== null || http.contexts === 'own'),
    certificate: layout.defaultCertificate,
    hook: `${luaDir}/nginx/ngx_conf_own_certificate.lua`,
  };
}

export function ciphersView({ tls }: Pick<Server, 'tls'>, { purpose }: Environment) {
  const serves = purpose === 'serve';
  return {
    hasCiphers: serves && tls !== null && tls.ciphers !== null,
    ciphers: tls?.ciphers ?? '',
    hasPreference: serves && tls !== null && tls.preferServerCiphers !== null,
    preference: tls?.preferServerCiphers === true ? 'on' : 'off',
  };
}

export function clientsView({ tls }: Pick<Server, 'tls'>, { purpose, layout }: Environment) {
  const clients = tls?.clients ?? null;
  return {
    present: clients !== null && purpose === 'serve',
    authority: sidePath(layout, clients?.authority ?? null),
    hasRevoked: clients !== null && clients.revoked !== null,
    revoked: sidePath(layout, clients?.revoked ?? null),
    verify: clients?.verify ?? 'off',
    depth: clients?.depth ?? 1,
    hasErrorPage: clients !== null && clients.errorPage !== null,
    errorPage: clients?.errorPage ?? '',
  };
}

/** What endpoints learn about the certificate of a client; one that the client itself writes into such a header is dropped. */
export function clientHeadersView({ tls }: Pick<Server, 'tls'>) {
  const clients = tls?.clients ?? null;
  return { hasClient: clients !== null, passesCertificate: clients?.pass === true };
}
