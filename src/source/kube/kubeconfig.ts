import { access as canAccess, readFile } from 'node:fs/promises';
import type { Cluster, KubeConfig, User } from '@kubernetes/client-node';
import type { RequestOptions } from 'node:https';
import { delimiter, dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Access, TlsSettings } from './access.ts';
import { isObject } from './shapes.ts';

export interface Kubeconfig {
  readonly server: string;
  /** `proxy-url`; empty without one. */
  readonly proxy: string;
  /** Reads certificate and token files anew; an exec plugin runs again only when what it gave has expired. */
  access(): Promise<Access>;
}

/** The files of `$KUBECONFIG` that exist, else `~/.kube/config` if it exists. */
export async function findDefaultKubeconfig(
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  const home = env['HOME'] ?? '';
  const wanted = listed.length > 0 || home === '' ? listed : [join(home, '.kube', 'config')];
  const existing = await Promise.all(
    wanted.map((file) =>
      canAccess(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  return wanted.filter((_file, index) => existing[index]);
}

/**
 * Server and credentials of the current context. Of several files the first that names a thing wins. The client library
 * is loaded only here: it costs 85 MB and 0.4 s, which a pod in a cluster saves. Rejects when a file cannot be used.
 */
export async function openKubeconfig(files: readonly string[]): Promise<Kubeconfig> {
  const all = await readKubeconfig(files);
  const cluster = all.getCurrentCluster();
  if (cluster === null) throw new Error(contextProblem(all));
  // The library leaves out even the CA when there is no user.
  return openCluster(cluster, all.getCurrentUser() ?? { name: 'anonymous' });
}

/** All that the files name. Rejects when one cannot be used. */
export async function readKubeconfig(files: readonly string[]): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const all = new KubeConfig();
  for (const file of files) merge(all, await readConfig(file, new KubeConfig()));
  return all;
}

export async function openCluster(cluster: Cluster, user: User): Promise<Kubeconfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  // It refuses to give credentials for an http server and would make an agent for a proxy; both are ours to do.
  const { proxyUrl, server, ...rest } = cluster;
  const own = new KubeConfig();
  own.loadFromClusterAndUser({ ...rest, server: 'https://unused' }, user);
  return {
    server,
    proxy: proxyUrl ?? '',
    access: async () => {
      const options: RequestOptions = {};
      await own.applyToHTTPSOptions(options);
      return accessOf(options);
    },
  };
}

async function readConfig(file: string, config: KubeConfig): Promise<KubeConfig> {
  const content: unknown = parse(await readFile(file, 'utf8'));
  if (!isObject(content)) throw new Error(`${file} is not a kubeconfig: it holds no mapping`);
  const users = content['users'];
  const directory = dirname(resolve(file));
  const fixed = {
    ...content,
    users: Array.isArray(users) ? users.map((user) => withTokenFile(user, directory)) : [],
  };
  config.loadFromString(JSON.stringify(fixed));
  config.makePathsAbsolute(directory);
  return config;
}

/** The library knows `token-file`, Kubernetes says `tokenFile`; as an auth provider it is read again every minute too. */
function withTokenFile(entry: unknown, directory: string): unknown {
  if (!isObject(entry) || !isObject(entry['user'])) return entry;
  const { tokenFile, ...user } = entry['user'];
  if (typeof tokenFile !== 'string' || tokenFile === '') return entry;
  const provider = { name: 'tokenFile', config: { tokenFile: resolve(directory, tokenFile) } };
  return { ...entry, user: { ...user, 'auth-provider': provider } };
}

function merge(all: KubeConfig, next: KubeConfig): void {
  all.loadFromOptions({
    clusters: [...all.clusters, ...next.clusters],
    users: [...all.users, ...next.users],
    contexts: [...all.contexts, ...next.contexts],
    currentContext: all.currentContext || next.currentContext,
  });
}

/** Why there is no current cluster. */
export function contextProblem(config: KubeConfig): string {
  const name = config.currentContext;
  if (!name) return 'current-context is not set';
  const context = config.contexts.find((entry) => entry.name === name);
  return context === undefined
    ? `current-context "${name}" is not among the contexts`
    : `context "${name}" names the cluster "${context.cluster}", which is not among the clusters`;
}

function accessOf(options: RequestOptions): Access {
  const headers: Record<string, string> = {};
  if (options.auth) headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    headers[name.toLowerCase()] = String(value).trim();
  }
  const tls: TlsSettings = {
    ...textOption('ca', options.ca),
    ...textOption('cert', options.cert),
    ...textOption('key', options.key),
    ...textOption('servername', options.servername),
    ...(options.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.rejectUnauthorized }),
  };
  return { headers, tls };
}

function textOption(
  name: 'ca' | 'cert' | 'key' | 'servername',
  value: unknown,
): Partial<Record<typeof name, string>> {
  if (typeof value === 'string') return { [name]: value };
  return Buffer.isBuffer(value) ? { [name]: value.toString('utf8') } : {};
}
