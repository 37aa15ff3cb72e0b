/** Which pod of the controller is asked (compat/kubectl-plugin.md, "Pod selection flags"). */
import type { Command } from 'commander';
import type { ClusterClient } from './cluster.ts';
import { Failure } from './io.ts';

export interface PodFlags {
  readonly pod?: string;
  readonly selector?: string;
  readonly deployment: string;
  readonly container: string;
}

export const DEPLOYMENT = 'ingress-nginx-controller';

export function addPodFlags(command: Command): Command {
  return command
    .option('--pod <name>', 'pod to ask')
    .option('-l, --selector <labels>', 'labels of the pod to ask')
    .option('--deployment <name>', 'Deployment (or DaemonSet) of the pod to ask', DEPLOYMENT)
    .option('--container <name>', 'container of the pod', 'controller');
}

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly {
      readonly kind: string;
      readonly name: string;
      readonly controller?: boolean;
    }[];
  };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** The name of the pod. @throws Failure when there is none. */
export async function choosePod(client: ClusterClient, flags: PodFlags): Promise<string> {
  const { namespace } = client;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  if (flags.pod !== undefined) {
    const pods = await client.list<Pod>(path);
    if (pods.some(({ metadata }) => metadata.name === flags.pod)) return flags.pod;
    throw new Failure(`pod ${flags.pod} not found in namespace ${namespace}`);
  }
  if (flags.selector !== undefined) {
    const pods = await client.list<Pod>(path, { labelSelector: flags.selector });
    return (
      nameOf(pods) ?? fail(`no pods for label selector ${flags.selector} found in namespace ${namespace}`)
    );
  }
  const pods = (await client.list<Pod>(path)).filter((pod) => belongsTo(pod, flags.deployment));
  return (
    nameOf(pods) ??
    fail(
      `no pods for deployment ${flags.deployment} found in namespace ${namespace}; name the namespace with -n, or the Deployment with --deployment`,
    )
  );
}

function fail(message: string): never {
  throw new Failure(message);
}

/** A ReplicaSet is called after its Deployment, a dash, and a hash without one. */
function belongsTo({ metadata }: Pod, deployment: string): boolean {
  const owner = (metadata.ownerReferences ?? []).find(({ controller }) => controller === true);
  if (owner === undefined) return false;
  if (owner.kind === 'DaemonSet') return owner.name === deployment;
  return (
    owner.kind === 'ReplicaSet' &&
    owner.name.replace(/-[^-]+$/, '') === deployment &&
    owner.name !== deployment
  );
}

/** The first that is ready, else the first. */
function nameOf(pods: readonly Pod[]): string | undefined {
  const isReady = ({ metadata, status }: Pod) =>
    metadata.deletionTimestamp === undefined &&
    (status?.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True');
  return (pods.find(isReady) ?? pods[0])?.metadata.name;
}
