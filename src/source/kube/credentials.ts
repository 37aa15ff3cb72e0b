import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import type { Logger } from '../../lib/log.ts';
import { messageOf } from '../../lib/errors.ts';
import { cacheAccess } from './access.ts';
import type { Access, Credentials, LoadReason, TlsSettings } from './access.ts';
import { findDefaultKubeconfig, openKubeconfig } from './kubeconfig.ts';

export interface CredentialOptions {
  /** `--apiserver-host`; empty when not given. */
  readonly apiserverHost: string;
  /** `--kubeconfig`; empty when not given. */
  readonly kubeconfig: string;
  /** `--certificate-authority`; empty when not given, read only together with `apiserverHost`. */
  readonly certificateAuthority: string;
  readonly log: Logger;
  /** Default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: where Kubernetes mounts the service account. */
  readonly serviceAccountDir?: string;
  /** Milliseconds; default: the system clock. */
  readonly now?: () => number;
}

/** Where Kubernetes puts the account of a pod. */
export const serviceAccountMount = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Finds the API server and the credentials for it. `--kubeconfig` gives both, `--apiserver-host` replaces its server; alone it
 * goes without credentials. With neither flag: the service account when running in a cluster, else the default kubeconfig
 * (compat/flags.md, "API server"). Rejects with a sentence that names the flag or file at fault.
 */
export async function loadCredentials(options: CredentialOptions): Promise<Credentials> {
  if (options.kubeconfig !== '') return fromKubeconfig(options, [options.kubeconfig]);
  if (options.apiserverHost !== '') return fromHost(options);
  const env = options.env ?? process.env;
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '';
  if (host !== '' && port !== '') return fromServiceAccount(options, { host, port });
  const files = await findDefaultKubeconfig(env);
  if (files.length > 0) return fromKubeconfig(options, files);
  throw new Error(
    'no API server is known: KUBERNETES_SERVICE_HOST is not set (not running in a cluster), there is no kubeconfig in ' +
      '$KUBECONFIG or ~/.kube/config, and neither --kubeconfig nor --apiserver-host is given',
  );
}

async function fromServiceAccount(
  options: CredentialOptions,
  { host, port }: { readonly host: string; readonly port: string },
): Promise<Credentials> {
  const directory = options.serviceAccountDir ?? serviceAccountMount;
  const load = async (): Promise<Access> => {
    const token = (await readToken(`${directory}/token`)).trim();
    if (token === '') throw new Error(`the service account token ${directory}/token is empty`);
    const ca = await readAuthority(`${directory}/ca.crt`, options.log);
    return { headers: { authorization: `Bearer ${token}` }, tls: ca === '' ? {} : { ca } };
  };
  const server = parseServer(
    `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT',
  );
  return { server, origin: 'service account', ...(await cache(options, load)) };
}

async function fromHost(options: CredentialOptions): Promise<Credentials> {
  const { apiserverHost, certificateAuthority, log } = options;
  const load = async (): Promise<Access> => {
    const ca = certificateAuthority === '' ? '' : await readAuthority(certificateAuthority, log);
    return { headers: {}, tls: ca === '' ? {} : { ca } };
  };
  const server = parseServer(
    withScheme(apiserverHost, certificateAuthority === '' ? 'http' : 'https'),
    '--apiserver-host',
  );
  return { server, origin: '--apiserver-host', ...(await cache(options, load)) };
}

async function fromKubeconfig(options: CredentialOptions, files: readonly string[]): Promise<Credentials> {
  const named = options.kubeconfig === '' ? 'kubeconfig' : '--kubeconfig';
  const origin = `${named} ${files.join(', ')}`;
  const { apiserverHost, certificateAuthority } = options;
  const explain = (error: unknown) => new Error(`${origin}: ${messageOf(error)}`, { cause: error });
  const open = () => openKubeconfig(files).catch((error: unknown) => Promise.reject(explain(error)));
  let config = await open();
  const load = async (reason: LoadReason): Promise<Access> => {
    if (reason === 'refused') config = await open();
    const access = await config.access().catch((error: unknown) => Promise.reject(explain(error)));
    return apiserverHost === '' || certificateAuthority === ''
      ? access
      : { ...access, tls: await replaceAuthority(access.tls, options) };
  };
  return {
    server:
      apiserverHost === ''
        ? parseServer(config.server, origin)
        : parseServer(withScheme(apiserverHost, 'https'), '--apiserver-host'),
    ...(config.proxy === '' ? {} : { proxy: parseServer(config.proxy, `${origin}, proxy-url`) }),
    origin,
    ...(await cache(options, load)),
  };
}

async function replaceAuthority(tls: TlsSettings, options: CredentialOptions): Promise<TlsSettings> {
  const ca = await readAuthority(options.certificateAuthority, options.log);
  return ca === '' ? tls : { ...tls, ca };
}

function cache(options: CredentialOptions, load: (reason: LoadReason) => Promise<Access>) {
  return cacheAccess({ load, log: options.log, now: options.now ?? (() => performance.now()) });
}

async function readToken(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(
      `KUBERNETES_SERVICE_HOST is set, but the service account token ${file} cannot be read ` +
        `(${messageOf(error)}); does the pod have automountServiceAccountToken: false?`,
      { cause: error },
    );
  }
}

/** The retired controller and client-go both log an unreadable CA file and go on with the system's authorities. */
async function readAuthority(file: string, log: Logger): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    log.error('cannot read the certificate authority of the API server, using the system authorities', {
      file,
      error: messageOf(error),
    });
    return '';
  }
}

/** `host:port` alone is allowed, as in client-go. */
function withScheme(host: string, scheme: 'http' | 'https'): string {
  return host.includes('://') ? host : `${scheme}://${host}`;
}

function parseServer(text: string, origin: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Error(`${origin}: "${text}" is not an http or https URL`);
  }
  return url;
}
