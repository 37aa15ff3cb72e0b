/** How TLS is spoken to endpoints, and where that is said (compat/behaviour.md 15.4 and 26.3). */
import { createHash } from 'node:crypto';
import type { GraphHost, HostPath, ParsedIngress } from '../graph/graph.ts';
import type { Ciphers, Expression, Token } from '../text/safe.ts';
import type { Settings } from '../config/settings/table.ts';
import type { SideFile } from './model.ts';
import { secretFile } from './side-files.ts';

export interface BackendTls {
  /** The certificate that endpoints are shown with its key, and the authorities. */
  readonly file: SideFile;
  readonly trusts: boolean;
  /** Whether endpoints are shown the certificate. */
  readonly shows: boolean;
  readonly ciphers: Ciphers;
  readonly protocols: readonly string[];
  readonly verify: 'on' | 'off';
  readonly depth: number;
  readonly name: Expression | null;
  readonly serverName: 'on' | 'off';
}

/** Part of the name of an upstream; connections with other settings are others. */
export type PoolName = Token;

export type LocationTls =
  | {
      /** `own`: said in the location. `inherited`: said in the server, which grpc_* does not inherit. */
      readonly kind: 'own' | 'inherited';
      readonly settings: BackendTls;
      /** Null where no TLS is spoken. */
      readonly pool: PoolName | null;
    }
  /** As if the server said nothing: that is for those of another namespace. */
  | { readonly kind: 'apart' };

export interface HostTls {
  /** Said in the server. */
  readonly settings: BackendTls | null;
  /** Of what is said there, or should be and cannot. */
  readonly owner: ParsedIngress | null;
}

export interface BackendTlsTable {
  of(owner: ParsedIngress | null): BackendTls | null;
  ofHost(host: Pick<GraphHost, 'endpointTrustOwner'>): HostTls;
}

const DEFAULT_CIPHERS = 'DEFAULT' as string as Ciphers;

export function createBackendTlsTable(settings: Pick<Settings, 'proxySslLocationOnly'>): BackendTlsTable {
  const known = new WeakMap<ParsedIngress, BackendTls | null>();

  function of(owner: ParsedIngress | null): BackendTls | null {
    if (owner === null) return null;
    const tls = known.get(owner) ?? backendTlsOf(owner);
    known.set(owner, tls);
    return tls;
  }

  return {
    of,
    ofHost({ endpointTrustOwner: owner }) {
      if (settings.proxySslLocationOnly || owner === null) return NOTHING_SAID;
      return { settings: of(owner), owner };
    },
  };
}

const NOTHING_SAID: HostTls = Object.freeze({ settings: null, owner: null });

function backendTlsOf({ annotations, references }: ParsedIngress): BackendTls | null {
  const { endpointTrust: trust } = references;
  if (trust === null || trust === 'broken') return null;
  const { ciphers, protocols, name, verify, depth, serverName } = annotations.backendTls;
  return Object.freeze({
    file: secretFile(trust.file, trust.pem),
    trusts: trust.trusts,
    // One without authorities has never been shown.
    shows: trust.shows && trust.trusts,
    ciphers: ciphers ?? DEFAULT_CIPHERS,
    protocols: protocols ?? ['TLSv1.2'],
    verify: verify ?? 'off',
    depth: depth ?? 1,
    name,
    serverName: serverName ?? 'off',
  });
}

/** `closed`: what others say for the location cannot be used, and nobody is to be trusted without. */
export function locationTls(
  { owner, backend }: Pick<HostPath, 'owner' | 'backend'>,
  host: HostTls,
  table: Pick<BackendTlsTable, 'of'>,
): LocationTls | 'closed' | null {
  const protocol = backend === null ? null : (owner?.annotations.upstream.protocol ?? null);
  const family =
    protocol === 'GRPCS' ? 'grpc' : protocol === 'HTTPS' || protocol === 'AUTO_HTTP' ? 'http' : null;
  const own = table.of(owner);
  if (own !== null) return { kind: 'own', settings: own, pool: family && poolOf(own, family) };
  if (host.owner === null || owner === null || owner.references.endpointTrust !== null) return null;
  if (host.owner.namespace !== owner.namespace) return host.settings === null ? null : APART;
  if (host.settings === null) return family === null ? null : 'closed';
  return { kind: 'inherited', settings: host.settings, pool: family && poolOf(host.settings, family) };
}

const APART: LocationTls = Object.freeze({ kind: 'apart' });

/**
 * nginx keeps connections by their address alone and asks for no certificate on one that it has kept, so that there is an upstream for
 * each way of speaking TLS.
 */
function poolOf({ file, ...rest }: BackendTls, family: 'http' | 'grpc'): PoolName {
  const text = JSON.stringify([family, file.name, rest]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16) as string as PoolName;
}
