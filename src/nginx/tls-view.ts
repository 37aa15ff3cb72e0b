/** TLS of one server, as far as it is not that of all (compat/behaviour.md 15.4 and section 24). */
import type { Model, Server } from '../model/model.ts';
import type { Environment } from './environment.ts';
import { sidePath } from './side-files.ts';

/** Of the default server, of another one, or of one that only redirects. */
type Role = Pick<Server, 'name' | 'tls'> | 'redirect';

/**
 * The certificate, which makes nginx create an OpenSSL context. Servers without one use that of the default server
 * (docs/decisions/0002). In a context of its own the certificate is chosen once more, since the choice that was made before is
 * lost with the shared one (docs/decisions/0006).
 */
export function contextView(role: Role, { purpose, layout, luaDir }: Environment, http: Model['http']) {
  const isDefault = role !== 'redirect' && role.name.kind === 'catch-all';
  const own = http.tls.contexts === 'own' || (role !== 'redirect' && role.tls !== null);
  const hook = (name: string, file: string) => ({ name, file: `${luaDir}/nginx/${file}.lua` });
  const shared = [
    hook('ssl_client_hello_by_lua_file', 'ngx_conf_certificate'),
    ...(http.settings.enableOcsp ? [hook('ssl_certificate_by_lua_file', 'ngx_conf_staple')] : []),
  ];
  return {
    present: purpose === 'serve' && (isDefault || own),
    certificate: layout.defaultCertificate,
    hooks: isDefault ? shared : [hook('ssl_certificate_by_lua_file', 'ngx_conf_own_certificate')],
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
