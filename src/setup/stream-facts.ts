/** What decides about TCP and UDP services besides objects: ports that others have, and addresses of names. */
import type { GraphOptions } from '../graph/options.ts';
import { createStreamMaps, streamNamesOf, streamPortsOf } from '../graph/streams.ts';
import { createHeldPorts } from '../nginx/held-ports.ts';
import type { GraphSettings } from '../graph/collect.ts';
import type { Snapshot } from '../cluster/snapshot.ts';
import { createExternalNames } from './external-names.ts';
import type { Prepared } from './prepare.ts';

type StreamFacts = Pick<GraphSettings, 'heldPorts' | 'resolvedNames'>;

export function createStreamFacts(
  { environment }: Pick<Prepared, 'environment'>,
  { streams }: Pick<GraphOptions, 'streams'>,
  again: (why: string) => void,
): (view: Snapshot, ours: ReadonlySet<string>) => Promise<StreamFacts> {
  const held = createHeldPorts({ ipv6: environment.ipv6, again });
  const names = createExternalNames({ dns: environment.dns, again });
  const read = createStreamMaps(streams);
  return async ({ configMaps, services }, ours) => {
    const { asked } = read(configMaps);
    return {
      heldPorts: await held.find(streamPortsOf(asked), ours),
      resolvedNames: names.addresses(streamNamesOf(asked, services)),
    };
  };
}
