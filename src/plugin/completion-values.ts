/** Values of flags and words that the kubeconfig, the cluster and the controller know. */
import type { KubeConfig } from '@kubernetes/client-node';
import { findDefaultKubeconfig, readKubeconfig } from '../source/kube/kubeconfig.ts';
import { askController, withCluster } from './context.ts';
import type { Context } from './context.ts';
import { collection, INGRESSES } from './objects.ts';
import type { IngressShape, Meta } from './objects.ts';
import type { PodFlags } from './pods.ts';

/** What was typed so far. */
interface Typed extends PodFlags {
  readonly allNamespaces?: true;
}

/** @throws whatever keeps it from knowing. */
type Source = (context: Context, typed: Typed) => Promise<readonly string[]>;

type Kind = readonly [group: string, plural: string];

const namesOf =
  (...kinds: readonly Kind[]): Source =>
  (context) =>
    withCluster(context, async (client) => {
      const names: string[] = [];
      for (const [group, plural] of kinds) {
        const path = collection(group, plural, plural === 'namespaces' ? null : client.namespace);
        const objects = await client.list<{ readonly metadata: Meta }>(path);
        names.push(...objects.map(({ metadata }) => metadata.name));
      }
      return names;
    });

const inKubeconfig =
  (namesIn: (config: KubeConfig) => readonly { readonly name: string }[]): Source =>
  async ({ flags, io }) => {
    const files = flags.kubeconfig === undefined ? await findDefaultKubeconfig(io.env) : [flags.kubeconfig];
    return namesIn(await readKubeconfig(files)).map(({ name }) => name);
  };

/** Hosts that nginx has a server for. */
const served: Source = async (context, typed) => {
  const text = await askController(context, typed, ['conf']);
  return [...text.matchAll(/^\s*## start server (\S+)$/gm)]
    .map(([, host = '']) => host)
    .filter((host) => host !== '_');
};

const inIngresses: Source = (context, { allNamespaces }) =>
  withCluster(context, async (client) => {
    const path = collection(INGRESSES, 'ingresses', allNamespaces === true ? null : client.namespace);
    const ingresses = await client.list<IngressShape>(path);
    return ingresses.flatMap(({ spec }) => (spec?.rules ?? []).flatMap(({ host = '' }) => host));
  });

const backends: Source = async (context, typed) =>
  (await askController(context, typed, ['backends', 'list'])).split('\n');

/** By the long name of a flag, or a command and the name of its word or flag, which comes first. */
const SOURCES: Readonly<Record<string, Source>> = {
  '--namespace': namesOf(['v1', 'namespaces']),
  '--context': inKubeconfig((config) => config.contexts),
  '--cluster': inKubeconfig((config) => config.clusters),
  '--user': inKubeconfig((config) => config.users),
  '--pod': namesOf(['v1', 'pods']),
  '--deployment': namesOf(['apps/v1', 'deployments'], ['apps/v1', 'daemonsets']),
  '--service': namesOf(['v1', 'services']),
  '--backend': backends,
  '--host': served,
  'ingresses --host': inIngresses,
  'explain host': served,
};

export function sourceOf(command: string, name: string): Source | null {
  return SOURCES[`${command} ${name}`] ?? SOURCES[name] ?? null;
}
