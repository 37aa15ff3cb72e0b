/** What the controller itself answers: health and metrics, questions of `/dbg`, the status page, profiles. */
import type { FlagName, Options } from '../config/flags/table.ts';
import type { Place } from '../config/place.ts';
import { startHealthServer } from '../observe/health.ts';
import type { HealthOptions } from '../observe/health.ts';
import { startProfiler } from '../observe/profiler.ts';
import type { ProfilerServer } from '../observe/profiler.ts';
import { messageOf } from '../lib/errors.ts';
import type { NamedLogger } from '../observe/log.ts';
import type { Stores } from '../cluster/stores.ts';
import type { Live } from '../dashboard/context.ts';
import type { GraphOptions } from '../graph/options.ts';
import type { Dashboard } from './dashboard.ts';
import type { Lately } from './lately.ts';
import type { Observation } from './observation.ts';
import type { Prepared } from './prepare.ts';
import { startInspectionOf } from './inspection.ts';
import type { InspectionSetup } from './inspection.ts';

export interface ListenerSetup {
  readonly options: Options;
  /** Flags on the command line. */
  readonly given: ReadonlySet<FlagName>;
  readonly place: Place;
  readonly check: HealthOptions['check'];
  readonly metrics: HealthOptions['metrics'];
  readonly log: NamedLogger;
  readonly parts: {
    readonly prepared: Prepared;
    readonly stores: Pick<Stores, 'snapshot'>;
    readonly lately: Lately;
    readonly graphOptions: GraphOptions;
    readonly dashboard: Pick<Dashboard, 'serve' | 'close'>;
    readonly observation: Pick<Observation, 'totals'>;
  };
  readonly core: Pick<InspectionSetup, 'state' | 'quarantined' | 'draining' | 'classesReadable'> &
    Pick<Live, 'health'>;
}

export interface Listeners {
  close(): Promise<void>;
}

/** @throws when a port cannot be bound; nothing is left open then. */
export async function startListeners(setup: ListenerSetup): Promise<Listeners> {
  const { options } = setup;
  const open: { close(): Promise<void> }[] = [];
  const close = async () => {
    for (const one of open.toReversed()) await one.close();
  };
  try {
    open.push(
      await startHealthServer({
        host: options.healthzHost,
        port: options.healthzPort,
        path: options.healthCheckPath,
        check: setup.check,
        metrics: setup.metrics,
      }),
    );
    open.push(await startInspectionOf(inspectionOf(setup)));
    open.push(setup.parts.dashboard);
    await setup.parts.dashboard.serve({ ...setup.core, totals: setup.parts.observation.totals });
    const profiler = await profilerOf(setup);
    if (profiler !== null) open.push(profiler);
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

function inspectionOf({ parts, core, log }: ListenerSetup): InspectionSetup {
  return {
    state: core.state,
    quarantined: core.quarantined,
    draining: core.draining,
    lately: parts.lately,
    snapshot: parts.stores.snapshot,
    options: parts.graphOptions,
    classesReadable: core.classesReadable,
    path: parts.prepared.environment.layout.inspectionSocket,
    log: log.named('inspection'),
  };
}

// Instances side by side on one machine would meet on this port, which nobody needs there unless they say so.
async function profilerOf({ options, given, place }: ListenerSetup): Promise<ProfilerServer | null> {
  const isAsked = given.has('profiling') || given.has('profiler-port');
  if (!options.profiling || !(place.kind === 'image' || isAsked)) return null;
  const { profilerAddress: host, profilerPort: port } = options;
  try {
    return await startProfiler({ host, port, heap: given.has('profiling') ? 'shown' : 'withheld' });
  } catch (error) {
    throw new Error(
      `--profiler-port: port ${port} cannot be bound (${messageOf(error)}); choose another one, or set --profiling=false`,
      { cause: error },
    );
  }
}
