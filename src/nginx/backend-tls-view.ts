/** TLS towards endpoints as the templates print it (compat/nginx-conf.md section 3). */
import type { BackendTls } from '../model/backend-tls.ts';
import type { Location, Server } from '../model/model.ts';
import type { Environment } from './environment.ts';
import { sidePath } from './side-files.ts';

/** The upstream of all that do not speak TLS in a way of their own. */
export const UPSTREAM = 'upstream_balancer';

type Family = 'proxy' | 'grpc';

export interface TlsLine {
  readonly name: string;
  readonly words: readonly (string | number)[];
}

export interface BackendTlsView {
  readonly lines: readonly TlsLine[];
  readonly ciphers: readonly { readonly name: string; readonly list: string }[];
}

const NOTHING: BackendTlsView = { lines: [], ciphers: [] };

export function upstreamOf({ tls }: Pick<Location, 'tls'>): string {
  const pool = tls === null || tls.kind === 'apart' ? null : tls.pool;
  return pool === null ? UPSTREAM : `${UPSTREAM}_${pool}`;
}

type Place = Pick<Environment, 'purpose' | 'layout'>;

interface Wanted {
  readonly family: Family;
  readonly place: Place;
  /** Instead of that of the annotation. */
  readonly name: string | null;
  readonly tellsName: boolean;
}

/** At the level of the server, where a name is only told together with one. */
export function serverTlsView({ backendTls }: Pick<Server, 'backendTls'>, place: Place): BackendTlsView {
  if (backendTls === null) return NOTHING;
  const { name } = backendTls;
  return settingsView(backendTls, { family: 'proxy', place, name, tellsName: name !== null });
}

export function locationTlsView(
  { tls, policy }: Pick<Location, 'tls' | 'policy'>,
  place: Place,
): BackendTlsView {
  if (tls === null) return NOTHING;
  const { protocol } = policy.upstream;
  if (tls.kind === 'apart') return protocol === 'https' || protocol === 'auto' ? APART : NOTHING;
  const { settings, pool, kind } = tls;
  // By itself nginx takes the name of the upstream, which is another one here.
  const name = settings.name ?? (pool === null ? null : UPSTREAM);
  const of = (family: Family) => settingsView(settings, { family, place, name, tellsName: true });
  const proxy = kind === 'own' ? of('proxy') : nameView(settings, pool === null ? null : name);
  return protocol === 'grpcs' ? joined(kind === 'own' ? proxy : NOTHING, of('grpc')) : proxy;
}

function joined(a: BackendTlsView, b: BackendTlsView): BackendTlsView {
  return { lines: [...a.lines, ...b.lines], ciphers: [...a.ciphers, ...b.ciphers] };
}

/** What a location says that inherits the rest. */
function nameView(settings: BackendTls, name: string | null): BackendTlsView {
  return name === null || settings.name !== null
    ? NOTHING
    : { lines: [{ name: 'proxy_ssl_name', words: [name] }], ciphers: [] };
}

/** The check of the webhook has no files. */
function settingsView(tls: BackendTls, { family, place, name, tellsName }: Wanted): BackendTlsView {
  const path = sidePath(place.layout, tls.file);
  const line = (word: string, ...words: readonly (string | number)[]): TlsLine => ({
    name: `${family}_ssl_${word}`,
    words,
  });
  const hasFiles = place.purpose === 'serve';
  const lines = [
    ...(tls.trusts && hasFiles ? [line('trusted_certificate', path), line('verify', tls.verify)] : []),
    ...(tls.trusts ? [line('protocols', ...tls.protocols), line('verify_depth', tls.depth)] : []),
    ...(name === null ? [] : [line('name', name)]),
    ...(tellsName ? [line('server_name', tls.serverName)] : []),
    ...(tls.shows && hasFiles ? [line('certificate', path), line('certificate_key', path)] : []),
  ];
  return { lines, ciphers: tls.trusts ? [{ name: `${family}_ssl_ciphers`, list: tls.ciphers }] : [] };
}

/** Always empty: nginx 1.22 takes no empty text here, but an empty variable. */
export const NO_CERTIFICATE = '$no_certificate';

const APART_FROM_NAMES: readonly TlsLine[] = [
  { name: 'proxy_ssl_certificate', words: [NO_CERTIFICATE] },
  { name: 'proxy_ssl_certificate_key', words: [NO_CERTIFICATE] },
  { name: 'proxy_ssl_verify', words: ['off'] },
  { name: 'proxy_ssl_protocols', words: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] },
];
const ITS_OWN_NAME: TlsLine = { name: 'proxy_ssl_name', words: ['$proxy_host'] };
const ANY_CIPHERS = [{ name: 'proxy_ssl_ciphers', list: 'DEFAULT' }];

const APART: BackendTlsView = {
  lines: [...APART_FROM_NAMES, ITS_OWN_NAME, { name: 'proxy_ssl_server_name', words: ['off'] }],
  ciphers: ANY_CIPHERS,
};

/** Whether what the server says holds for an authentication service: only if the Ingress that asks is of the same namespace. */
export function inheritsTls(
  { tls, policy }: Pick<Location, 'tls' | 'policy'>,
  { backendTls }: Pick<Server, 'backendTls'>,
): boolean {
  return backendTls !== null && tls?.kind !== 'apart' && policy.auth?.scope !== 'global';
}

/** Of an authentication service. */
export function serviceTlsView(
  location: Pick<Location, 'tls' | 'policy'>,
  server: Pick<Server, 'backendTls'>,
  { looksUp }: { readonly looksUp: boolean },
): BackendTlsView {
  if (server.backendTls === null || inheritsTls(location, server)) return NOTHING;
  // Where the name is looked up, it is said already.
  return { lines: [...APART_FROM_NAMES, ...(looksUp ? [] : [ITS_OWN_NAME])], ciphers: ANY_CIPHERS };
}
