/** Either manifests from folders, or an API server. */
import type { Options } from '../config/flags/table.ts';
import type { Place } from '../config/place.ts';
import type { Logger } from '../lib/log.ts';
import { startFileSource } from '../source/files/watch.ts';
import { createKubeClient } from '../source/kube/client.ts';
import type { KubeClient } from '../source/kube/client.ts';
import { loadCredentials } from '../source/kube/credentials.ts';
import { checkApiServer, getObject, namespaceExists } from '../source/kube/lookups.ts';
import { startKubeSource } from '../source/kube/source.ts';
import type { Kind } from '../source/objects.ts';
import type { Sink, Source } from '../source/sink.ts';

export interface RunningSource extends Source {
  /** The kinds that must have been listed before the first sync. */
  readonly kinds: readonly Kind[];
  /** Whether IngressClasses may be listed. */
  classesReadable(): boolean;
}

export interface SourceSetup {
  readonly options: Options;
  readonly place: Place;
  readonly sink: Sink;
  readonly log: Logger;
}

const KINDS: readonly Kind[] = ['Ingress', 'IngressClass', 'Service', 'EndpointSlice', 'Secret', 'ConfigMap'];

/** @throws when folders or the API server cannot be used; the message is for the user. */
export async function startSource(setup: SourceSetup): Promise<RunningSource> {
  const { options, sink, log } = setup;
  if (options.manifests.length === 0) return startClusterSource(setup);
  const source = await startFileSource({ directories: options.manifests, sink, log });
  return { kinds: KINDS, classesReadable: () => true, stop: source.stop };
}

async function startClusterSource({ options, sink, log }: SourceSetup): Promise<RunningSource> {
  const credentials = await loadCredentials({
    apiserverHost: options.apiserverHost,
    kubeconfig: options.kubeconfig,
    certificateAuthority: options.certificateAuthority,
    log,
  });
  const client = createKubeClient({ credentials });
  try {
    const version = await checkApiServer({ client, log, signal: new AbortController().signal });
    log.info('Running in Kubernetes cluster', { server: client.server.href, version: version.gitVersion });
    await checkObjects(client, options);
    await readForeignConfigMap(client, { options, sink });
  } catch (error) {
    await client.close();
    throw error;
  }
  const { watchNamespace, watchNamespaceSelector } = options;
  const source = startKubeSource({ client, sink, log, watchNamespace, watchNamespaceSelector });
  return {
    kinds: watchNamespaceSelector === '' ? KINDS : [...KINDS, 'Namespace'],
    classesReadable: () => source.status().get('IngressClass')?.denied !== true,
    async stop() {
      await source.stop();
      await client.close();
    },
  };
}

/** What flags name must exist at start (compat/flags.md, "Start sequence and fatal conditions"). */
async function checkObjects(client: KubeClient, options: Options): Promise<void> {
  if (options.watchNamespace !== '' && !(await namespaceExists(client, options.watchNamespace))) {
    throw new Error(
      `no namespace with name ${options.watchNamespace} found; create it, or correct --watch-namespace`,
    );
  }
  const [namespace, name] = options.defaultBackendService.split('/');
  if (namespace === undefined || name === undefined) return;
  if ((await getObject(client, { kind: 'Service', namespace, name })) === undefined) {
    throw new Error(
      `no service with name ${namespace}/${name} found; create it, or correct --default-backend-service`,
    );
  }
}

// A ConfigMap outside the watched namespace is read once, and changes to it are not seen (compat/behaviour.md 2.3).
async function readForeignConfigMap(
  client: KubeClient,
  { options, sink }: { readonly options: Options; readonly sink: Sink },
): Promise<void> {
  const [namespace, name] = options.configmap.split('/');
  if (namespace === undefined || name === undefined) return;
  if (options.watchNamespace === '' || options.watchNamespace === namespace) return;
  const configMap = await getObject(client, { kind: 'ConfigMap', namespace, name });
  if (configMap !== undefined) sink.put(configMap);
}
