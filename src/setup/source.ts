/** Either manifests from folders, or an API server. */
import type { Options } from '../config/flags/table.ts';
import type { Place } from '../config/place.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { startFileSource } from '../source/files/watch.ts';
import { createKubeClient } from '../source/kube/client.ts';
import type { KubeClient } from '../source/kube/client.ts';
import { loadCredentials } from '../source/kube/credentials.ts';
import { checkApiServer, getObject, namespaceExists } from '../source/kube/lookups.ts';
import { startKubeSource, usualKinds } from '../source/kube/source.ts';
import type { ExtraKind } from '../source/kube/source.ts';
import type { Kind } from '../source/objects.ts';
import type { Followed } from '../observe/source-metrics.ts';
import type { EventObject } from '../status/events.ts';
import type { Sink, Source } from '../source/sink.ts';

export interface RunningSource extends Source {
  /** The kinds that must have been listed before the first sync. */
  readonly kinds: readonly Kind[];
  /** Whether IngressClasses could be listed; asked after the first sync of all kinds. */
  classesReadable(): boolean;
  /** How well each kind can be followed; empty outside of a cluster. */
  followed(): readonly Followed[];
  /** The zone of the own node; null when it does not matter, or nobody knows. */
  readonly zone: string | null;
  /** Who this replica is in the cluster; null outside of one. */
  readonly identity: ClusterIdentity | null;
}

export interface ClusterIdentity {
  readonly client: KubeClient;
  /** Of the own pod. */
  readonly namespace: string;
  readonly name: string;
  /** Empty when it is not known. */
  readonly node: string;
  /** Labels that all replicas share, whatever their generation. */
  readonly labels: Readonly<Record<string, string>>;
  /** The own pod as Events name it. */
  readonly reference: EventObject;
}

export interface SourceSetup {
  readonly options: Options;
  readonly place: Place;
  readonly sink: Sink;
  readonly log: Logger;
  /** Fires when the start shall be given up. */
  readonly signal: AbortSignal;
}

/** @throws when folders or the API server cannot be used; the message is for the user. */
export async function startSource(setup: SourceSetup): Promise<RunningSource> {
  const { options, sink, log } = setup;
  if (options.manifests.length === 0) return startClusterSource(setup);
  const source = await startFileSource({ directories: options.manifests, sink, log });
  return {
    kinds: usualKinds,
    classesReadable: () => true,
    followed: () => [],
    zone: null,
    identity: null,
    stop: source.stop,
  };
}

async function startClusterSource({ options, sink, log, signal }: SourceSetup): Promise<RunningSource> {
  const credentials = await loadCredentials({
    apiserverHost: options.apiserverHost,
    kubeconfig: options.kubeconfig,
    certificateAuthority: options.certificateAuthority,
    log,
  });
  const client = createKubeClient({ credentials });
  try {
    const version = await checkApiServer({ client, log, signal });
    log.info('Running in Kubernetes cluster', { server: client.server.href, version: version.gitVersion });
    await checkObjects(client, options);
    for (const key of [options.configmap, options.tcpServicesConfigmap, options.udpServicesConfigmap])
      await readForeignConfigMap(client, key, { options, sink });
    const identity = await findIdentity(client, log);
    const zone = await findZone(identity, { options, log });
    return follow({ options, sink, log, client, identity, zone });
  } catch (error) {
    await client.close();
    throw error;
  }
}

interface Following extends Pick<SourceSetup, 'options' | 'sink' | 'log'> {
  readonly client: KubeClient;
  readonly identity: ClusterIdentity | null;
  readonly zone: string | null;
}

function follow({ options, sink, log, client, identity, zone }: Following): RunningSource {
  const { watchNamespace, watchNamespaceSelector } = options;
  const extraKinds = identity === null ? [] : extraKindsOf(options, identity);
  const source = startKubeSource({ client, sink, log, watchNamespace, watchNamespaceSelector, extraKinds });
  let readable = false;
  return {
    kinds: watchNamespaceSelector === '' ? usualKinds : [...usualKinds, 'Namespace'],
    // A right that is lost for a while must not make Ingresses foreign that are served.
    classesReadable: () => (readable ||= source.status().get('IngressClass')?.denied !== true),
    followed: () =>
      [...source.status()].map(([kind, { lastContact, failures }]) => ({ kind, lastContact, failures })),
    identity,
    zone,
    async stop() {
      await source.stop();
      await client.close();
    },
  };
}

/** Pods tell who else serves; nodes are only looked at when their addresses are published. */
function extraKindsOf(options: Options, { namespace, labels }: ClusterIdentity): readonly ExtraKind[] {
  if (options.disableLeaderElection || !options.updateStatus) return [];
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const pods: ExtraKind = { kind: 'Pod', namespace, labelSelector };
  const published = options.publishService !== '' || options.publishStatusAddress !== '';
  return published ? [pods] : [pods, { kind: 'Node' }];
}

const GENERATION_LABELS = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
]);

/** The own pod, by the variables of the usual manifests. Without them this is a controller on somebody's machine. */
async function findIdentity(client: KubeClient, log: Logger): Promise<ClusterIdentity | null> {
  const namespace = process.env['POD_NAMESPACE'] ?? '';
  const name = process.env['POD_NAME'] ?? '';
  if (namespace === '' || name === '') {
    log.warn('POD_NAME and POD_NAMESPACE are not set: no leader election, no status, no Events');
    return null;
  }
  const pod = await getObject(client, { kind: 'Pod', namespace, name });
  if (pod === undefined) throw new Error(`pod ${namespace}/${name} (POD_NAMESPACE/POD_NAME) does not exist`);
  const labels = Object.entries(pod.metadata.labels ?? {}).filter(([key]) => !GENERATION_LABELS.has(key));
  const reference = { kind: 'Pod', apiVersion: 'v1', namespace, name, uid: pod.metadata.uid };
  return {
    client,
    namespace,
    name,
    node: pod.spec?.nodeName ?? '',
    labels: Object.fromEntries(labels),
    reference,
  };
}

/** Read once: a node does not move. */
async function findZone(
  identity: ClusterIdentity | null,
  { options, log }: Pick<SourceSetup, 'options' | 'log'>,
): Promise<string | null> {
  if (!options.enableTopologyAwareRouting) return null;
  const without = (reason: string) => {
    log.warn('the zone of this node is not known; endpoints of all zones are used', { reason });
    return null;
  };
  if (identity === null || identity.node === '') return without('the own pod is on no node');
  try {
    const name = identity.node;
    const node = await getObject(identity.client, { kind: 'Node', namespace: '', name });
    const zone = node?.metadata.labels?.['topology.kubernetes.io/zone'] ?? '';
    return zone === '' ? without(`node ${name} has no label topology.kubernetes.io/zone`) : zone;
  } catch (error) {
    return without(messageOf(error));
  }
}

/** What flags name must exist at start (compat/flags.md, "Start sequence and fatal conditions"). */
async function checkObjects(client: KubeClient, options: Options): Promise<void> {
  if (options.watchNamespace !== '' && !(await namespaceExists(client, options.watchNamespace))) {
    throw new Error(
      `no namespace with name ${options.watchNamespace} found; create it, or correct --watch-namespace`,
    );
  }
  const services = {
    'default-backend-service': options.defaultBackendService,
    'publish-service': options.publishService,
  };
  for (const [flag, key] of Object.entries(services)) {
    const [namespace, name] = key.split('/');
    if (namespace === undefined || name === undefined) continue;
    if ((await getObject(client, { kind: 'Service', namespace, name })) === undefined) {
      throw new Error(`no service with name ${key} found; create it, or correct --${flag}`);
    }
  }
}

// A ConfigMap outside the watched namespace is read once, and changes to it are not seen (compat/behaviour.md 2.3).
async function readForeignConfigMap(
  client: KubeClient,
  key: string,
  { options, sink }: { readonly options: Options; readonly sink: Sink },
): Promise<void> {
  const [namespace, name] = key.split('/');
  if (namespace === undefined || name === undefined) return;
  if (options.watchNamespace === '' || options.watchNamespace === namespace) return;
  const configMap = await getObject(client, { kind: 'ConfigMap', namespace, name });
  if (configMap !== undefined) sink.put(configMap);
}
