/** The API server that kubectl would talk to, with its credentials and namespace. */
import { readFile } from 'node:fs/promises';
import type { Cluster, Context, KubeConfig, User } from '@kubernetes/client-node';
import { messageOf } from '../lib/errors.ts';
import { silentLogger } from '../lib/log.ts';
import { cacheAccess } from '../source/kube/access.ts';
import type { Credentials } from '../source/kube/access.ts';
import { createKubeClient } from '../source/kube/client.ts';
import type { KubeClient } from '../source/kube/client.ts';
import { loadCredentials, serviceAccountMount } from '../source/kube/credentials.ts';
import {
  contextProblem,
  findDefaultKubeconfig,
  openCluster,
  readKubeconfig,
} from '../source/kube/kubeconfig.ts';
import { parseTimeout } from './client-flags.ts';
import type { ClientFlags } from './client-flags.ts';
import { Failure } from './io.ts';

export interface ClusterClient {
  readonly namespace: string;
  /** One object. @throws Failure */
  get<T>(path: string): Promise<T>;
  /** All objects of a collection. @throws Failure */
  list<T>(path: string, query?: Readonly<Record<string, string>>): Promise<readonly T[]>;
  close(): Promise<void>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Longer than any answer takes; 0 as timeout means none. */
const NO_LIMIT = 3_600_000;
const PAGE = '500';

/** @throws Failure */
export async function openClusterClient(flags: ClientFlags, env: Env): Promise<ClusterClient> {
  const timeout = parseTimeout(flags.requestTimeout ?? '0') || NO_LIMIT;
  const { credentials, namespace } = await findCluster(flags, env).catch((error: unknown) => {
    throw new Failure(messageOf(error), { cause: error });
  });
  const client = createKubeClient({
    credentials,
    timeout,
    userAgent: 'kubectl-ingress_nginx',
  });
  return {
    namespace: flags.namespace ?? namespace,
    get: <T>(path: string) => ask(client, { path }) as Promise<T>,
    async list<T>(path: string, query: Readonly<Record<string, string>> = {}) {
      const items: T[] = [];
      for (let next = ''; ;) {
        const page = (await ask(client, {
          path,
          query: { ...query, limit: PAGE, ...(next === '' ? {} : { continue: next }) },
        })) as { readonly items?: readonly T[]; readonly metadata?: { readonly continue?: string } };
        items.push(...(page.items ?? []));
        next = page.metadata?.continue ?? '';
        if (next === '') return items;
      }
    },
    close: client.close,
  };
}

async function ask(
  client: KubeClient,
  request: { readonly path: string; readonly query?: Readonly<Record<string, string>> },
): Promise<unknown> {
  const { status, body } = await client.request(request).catch((error: unknown) => {
    throw new Failure(messageOf(error), { cause: error });
  });
  if (status >= 200 && status < 300) return body;
  const reason = typeof body === 'object' && body !== null && 'message' in body ? body.message : body;
  throw new Failure(`Error from server (${status}): ${String(reason).trim() || request.path}`);
}

interface Found {
  readonly credentials: Credentials;
  /** Of the context, else `default`. */
  readonly namespace: string;
}

async function findCluster(flags: ClientFlags, env: Env): Promise<Found> {
  const files = flags.kubeconfig === undefined ? await findDefaultKubeconfig(env) : [flags.kubeconfig];
  const isInPod =
    files.length === 0 && flags.server === undefined && (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
  if (isInPod) return inPod(env);
  const config = await readKubeconfig(files);
  if (flags.context !== undefined) config.setCurrentContext(flags.context);
  const context = contextOf(config);
  if (context === null && flags.context !== undefined)
    throw new Failure(`context "${flags.context}" does not exist`);
  const { server, proxy, access } = await openCluster(
    clusterOf(config, { flags, context }),
    userOf(config, { flags, context }),
  );
  const impersonation = impersonationOf(flags);
  const load = async () => {
    const { headers, tls } = await access();
    return { headers: { ...headers, ...impersonation }, tls };
  };
  const cached = await cacheAccess({ load, log: silentLogger, now: () => performance.now() });
  return {
    credentials: {
      server: new URL(server),
      ...(proxy === '' ? {} : { proxy: new URL(proxy) }),
      origin: 'kubeconfig',
      ...cached,
    },
    namespace: context?.namespace || 'default',
  };
}

async function inPod(env: Env): Promise<Found> {
  const credentials = await loadCredentials({
    apiserverHost: '',
    kubeconfig: '',
    certificateAuthority: '',
    log: silentLogger,
    env,
  });
  const namespace = await readFile(`${serviceAccountMount}/namespace`, 'utf8').catch(() => 'default');
  return { credentials, namespace: namespace.trim() };
}

interface Choice {
  readonly flags: ClientFlags;
  readonly context: Context | null;
}

function contextOf(config: KubeConfig): Context | null {
  return config.contexts.find(({ name }) => name === config.currentContext) ?? null;
}

/** As kubectl does it: flags win over the kubeconfig; with nothing at all, the API server is on this machine. */
function clusterOf(config: KubeConfig, { flags, context }: Choice): Cluster {
  const name = flags.cluster ?? context?.cluster;
  const known = config.clusters.find((cluster) => cluster.name === name);
  if (known === undefined && flags.cluster !== undefined)
    throw new Failure(`cluster "${flags.cluster}" does not exist`);
  if (known === undefined && flags.server === undefined && config.currentContext)
    throw new Failure(contextProblem(config));
  const base: Cluster = known ?? { name: 'flags', server: 'http://localhost:8080', skipTLSVerify: false };
  return {
    ...base,
    ...(flags.server === undefined ? {} : { server: withScheme(flags.server) }),
    ...(flags.tlsServerName === undefined ? {} : { tlsServerName: flags.tlsServerName }),
    ...(flags.certificateAuthority === undefined ? {} : authority(flags.certificateAuthority)),
    // What is verified by nothing needs no authority.
    ...(flags.insecureSkipTlsVerify === true ? { skipTLSVerify: true } : {}),
  };
}

function authority(caFile: string): Partial<Cluster> {
  return { caFile, caData: '' };
}

function withScheme(server: string): string {
  return server.includes('://') ? server : `https://${server}`;
}

function userOf(config: KubeConfig, { flags, context }: Choice): User {
  const name = flags.user ?? context?.user;
  const known = config.users.find((user) => user.name === name);
  if (known === undefined && flags.user !== undefined)
    throw new Failure(`user "${flags.user}" does not exist`);
  const base: User = known ?? { name: 'flags' };
  if (flags.token !== undefined) return { name: base.name, token: flags.token };
  return {
    ...base,
    ...(flags.clientCertificate === undefined ? {} : { certFile: flags.clientCertificate, certData: '' }),
    ...(flags.clientKey === undefined ? {} : { keyFile: flags.clientKey, keyData: '' }),
  };
}

/** https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/ */
function impersonationOf({
  as,
  asUid,
  asGroup,
  asUserExtra,
}: ClientFlags): Readonly<Record<string, string | string[]>> {
  const extra = new Map<string, string[]>();
  for (const text of asUserExtra ?? []) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (key === undefined || value === undefined)
      throw new Failure(`--as-user-extra is ${JSON.stringify(text)}; write key=value`);
    const name = `impersonate-extra-${encodeURIComponent(key).toLowerCase()}`;
    extra.set(name, [...(extra.get(name) ?? []), value]);
  }
  return {
    ...(as === undefined ? {} : { 'impersonate-user': as }),
    ...(asUid === undefined ? {} : { 'impersonate-uid': asUid }),
    ...(asGroup === undefined ? {} : { 'impersonate-group': [...asGroup] }),
    ...Object.fromEntries(extra),
  };
}
