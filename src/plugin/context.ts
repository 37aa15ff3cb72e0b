/** What a command is given: flags, the cluster, and where it writes. */
import type { ClientFlags } from './client-flags.ts';
import { openClusterClient } from './cluster.ts';
import type { ClusterClient } from './cluster.ts';
import type { Io } from './io.ts';
import { capture } from './kubectl.ts';
import type { Target } from './kubectl.ts';
import { choosePod } from './pods.ts';
import type { PodFlags } from './pods.ts';

export interface Context {
  readonly flags: ClientFlags;
  readonly io: Io;
}

/** The connections are closed when the action has ended. */
export async function withCluster<T>(
  { flags, io }: Context,
  action: (client: ClusterClient) => Promise<T>,
): Promise<T> {
  const client = await openClusterClient(flags, io.env);
  try {
    return await action(client);
  } finally {
    await client.close();
  }
}

export function targetOf(context: Context, flags: PodFlags): Promise<Target> {
  return withCluster(context, async (client) => ({
    namespace: client.namespace,
    pod: await choosePod(client, flags),
    container: flags.container,
  }));
}

/** What `/dbg` says in the pod. */
export async function askController(
  context: Context,
  flags: PodFlags,
  words: readonly string[],
): Promise<string> {
  return capture(await targetOf(context, flags), ['/dbg', ...words], context);
}
