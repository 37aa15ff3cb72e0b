/** The election, and what only the elected replica does: writing status. */
import type { Snapshot } from '../cluster/snapshot.ts';
import type { Options } from '../config/flags/table.ts';
import { acceptedClasses, belongsToUs, namespaceInScope } from '../graph/classes.ts';
import type { GraphOptions } from '../graph/options.ts';
import type { Logger } from '../lib/log.ts';
import type { Ingress } from '../source/objects.ts';
import { startElector } from '../status/lease.ts';
import { startPublisher } from '../status/publisher.ts';
import { createStatusWriter } from '../status/writer.ts';
import { successorOf } from './successor.ts';
import type { ClusterIdentity } from './source.ts';

export interface LeadershipSetup {
  readonly options: Options;
  readonly identity: ClusterIdentity;
  readonly graphOptions: GraphOptions;
  readonly classesReadable: () => boolean;
  readonly snapshot: () => Snapshot;
  readonly log: Logger;
}

export interface Leadership {
  /** An object of this kind changed. */
  changed(key: string): void;
  /** Whether this replica is the elected one. */
  leading(): boolean;
  stop(): Promise<void>;
}

const RELEVANT = /^(?:Ingress|IngressStatus|IngressClass|Namespace|Service|Pod|Node) /;

/** Null when there is nothing to do for a leader. */
export function startLeadership(setup: LeadershipSetup): Leadership | null {
  const { options, identity, log } = setup;
  if (options.disableLeaderElection || !options.updateStatus) {
    log.warn('statuses are not written', { disableLeaderElection: options.disableLeaderElection });
    return null;
  }
  const elector = startElector({
    client: identity.client,
    log,
    namespace: identity.namespace,
    name: options.electionId,
    identity: identity.name,
    ttl: options.electionTtl,
    onChange: () => publisher.changed(),
  });
  const publisher = startPublisher({
    snapshot: setup.snapshot,
    accepted: (snapshot) => acceptedIngresses(snapshot, setup),
    leading: elector.leading,
    writer: createStatusWriter(identity.client, log),
    addresses: {
      publishStatusAddress: options.publishStatusAddress,
      publishService: options.publishService,
      reportNodeInternalIp: options.reportNodeInternalIpAddress,
    },
    interval: options.statusUpdateInterval * 1000,
  });
  return {
    changed(key) {
      if (RELEVANT.test(key)) publisher.changed();
    },
    leading: elector.leading,
    async stop() {
      const last = elector.leading() && options.updateStatusOnShutdown;
      await publisher.stop((snapshot) => last && successorOf(snapshot, identity.name) === 'none');
      await elector.stop();
    },
  };
}

function acceptedIngresses(snapshot: Snapshot, setup: LeadershipSetup): readonly Ingress[] {
  const { graphOptions } = setup;
  const classes = setup.classesReadable() ? acceptedClasses(snapshot, graphOptions) : null;
  return snapshot.ingresses.filter(
    (ingress) =>
      belongsToUs(ingress, classes, graphOptions) &&
      namespaceInScope(ingress.metadata.namespace, snapshot, graphOptions),
  );
}
