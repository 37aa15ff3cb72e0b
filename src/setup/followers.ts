/** What starts once everything serves: the webhook, the election, and what the elected replica does. */
import type { NamedLogger } from '../observe/log.ts';
import type { Options } from '../config/flags/table.ts';
import type { Snapshot } from '../cluster/snapshot.ts';
import type { AdmissionServer } from '../admission/server.ts';
import type { Templates } from '../nginx/templates.ts';
import { startAdmission } from './admission.ts';
import type { AdmissionSetup } from './admission.ts';
import { startLeadership } from './leadership.ts';
import type { Prepared } from './prepare.ts';
import type { ClusterIdentity } from './source.ts';

export interface FollowerSetup {
  readonly app: {
    readonly options: Options;
    readonly log: NamedLogger;
    readonly onFatal: (error: unknown) => void;
  };
  readonly prepared: Prepared;
  /** Null outside of a cluster. */
  readonly identity: ClusterIdentity | null;
  readonly context: AdmissionSetup['context'];
  readonly templates: Templates;
  readonly experience: AdmissionSetup['experience'];
  readonly onReviewed: AdmissionSetup['onReviewed'];
  /** What counts of a snapshot. */
  readonly view: (snapshot: Snapshot) => Snapshot;
}

export interface Followers {
  /** An object changed. */
  changed(key: string): void;
  /** Whether this replica is the elected one. */
  leading(): boolean;
  /** The webhook keeps no connection any more. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

export function startFollowers(setup: FollowerSetup): Followers {
  const { app, prepared, identity, context, templates, experience, view, onReviewed } = setup;
  const { options, log } = app;
  const { environment, binary, confine } = prepared;
  const admission: Promise<AdmissionServer | null> = startAdmission({
    options,
    log: log.named('admission'),
    environment,
    binary,
    confine,
    templates,
    experience,
    onReviewed,
    // Nobody shall be refused for what a neighbour in quarantine says.
    context: { ...context, snapshot: () => view(context.snapshot()) },
  }).catch((error: unknown) => {
    app.onFatal(error);
    return null;
  });
  const { snapshot, classesReadable } = context;
  const leadership =
    identity === null
      ? null
      : startLeadership({
          options,
          identity,
          graphOptions: context.options,
          classesReadable,
          snapshot,
          log: log.named('status'),
        });
  return {
    changed: (key) => leadership?.changed(key),
    leading: () => leadership?.leading() ?? false,
    drain: async () => (await admission)?.drain(),
    async stop() {
      await leadership?.stop();
      await (await admission)?.close();
    },
  };
}
