/** Everything that talks to nginx. */
import { createApplier } from '../nginx/applier.ts';
import type { Applier, Proven, Refusal } from '../nginx/applier.ts';
import { checkChanges } from '../nginx/check.ts';
import { createControlClient } from '../nginx/control.ts';
import type { ControlClient } from '../nginx/control.ts';
import { createDrainWatch } from '../nginx/draining.ts';
import { createHelper } from '../nginx/helper.ts';
import type { Helper } from '../nginx/helper.ts';
import { heldListens } from '../nginx/held-listens.ts';
import { createLiveSender } from '../nginx/live.ts';
import { createNginxProcess } from '../nginx/process.ts';
import type { NginxProcess } from '../nginx/process.ts';
import { endsWithin } from '../lib/within.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { NamedLogger } from '../observe/log.ts';
import type { Prepared } from './prepare.ts';

export interface DataPlaneSetup {
  readonly prepared: Prepared;
  readonly log: NamedLogger;
  /** Reloads a second. */
  readonly rateLimit: number;
  /** Milliseconds that a reload waits for more when what it brings is served already. */
  readonly gather: number | 'automatic';
  /** Generations that may drain at one time; 0: any number. */
  readonly drainingLimit: number;
  readonly settings: {
    /** Milliseconds of worker_shutdown_timeout. */
    readonly shutdownTimeout: () => number;
    /** Whether a reload waits until nothing is left of older generations. */
    readonly isSerial: () => boolean;
  };
  readonly proven: (proven: Proven) => void;
  /** Returns whether something was done about it, so that another configuration comes. */
  readonly refused: (refusal: Refusal) => 'acted' | 'helpless';
  /** Asks for another sync. */
  readonly again: (why: string) => void;
  readonly onFatal: (error: unknown) => void;
}

/** Milliseconds for what is under way when everything is to end. */
const PATIENCE = 10_000;

export type DataPlane = ReturnType<typeof createDataPlane>;

export function createDataPlane(setup: DataPlaneSetup) {
  const { environment, command } = setup.prepared;
  const { layout } = environment;
  const log = setup.log.named('nginx');
  const control = createControlClient(layout.controlSocket);
  const helper = createHelper();
  const live = createLiveSender(control);
  const onRestart = () => {
    live.forget();
    setup.again('nginx is new');
  };
  const nginx = createNginxProcess({ command, layout, log, onRestart });
  const draining = createDrainWatch({
    master: nginx.pid,
    limit: setup.drainingLimit,
    shutdownTimeout: setup.settings.shutdownTimeout,
    isSerial: setup.settings.isSerial,
    log,
  });
  const applier = createApplier({
    layout,
    nginx,
    control,
    draining,
    log,
    rateLimit: setup.rateLimit,
    gather: setup.gather,
    async check(generation, base) {
      const result = await checkChanges(generation, base, { command, layout, run: helper.run });
      // One that was loaded in vain may hold what it asks for: then nginx itself is the other process.
      if (!result.ok || (base === null && nginx.pid() !== null)) return result;
      const [first, ...more] = await heldListens(generation, base);
      return first === undefined ? result : { ok: false, failures: [first, ...more] };
    },
    onProven: setup.proven,
    onRefused: (refusal) => {
      const outcome = setup.refused(refusal);
      if (outcome === 'helpless' && applier.proven() === null)
        setup.onFatal(new Error(`nginx refuses the first configuration: ${refusal.failures[0].message}`));
    },
    onFault: setup.onFatal,
  });
  return {
    live,
    applier,
    /** Answers ask clients to leave. Without nginx there is nobody to ask. */
    drain: () =>
      nginx.pid() === null
        ? Promise.resolve()
        : control
            .drain()
            .catch((error: unknown) =>
              log.warn('connections are kept to the end', { reason: messageOf(error) }),
            ),
    draining: draining.count,
    reopenLogs: nginx.reopenLogs,
    /** Process id of the master, or null. */
    master: nginx.pid,
    overdue: applier.overdue,
    health: () => healthOf(nginx, applier, live.complete()),
    stop: (deadline: number) => endPlane({ applier, helper, nginx, control, log }, deadline),
  };
}

export interface PlaneParts {
  readonly applier: Pick<Applier, 'stop'>;
  readonly helper: Pick<Helper, 'close'>;
  readonly nginx: Pick<NginxProcess, 'stop'>;
  readonly control: Pick<ControlClient, 'close'>;
  readonly log: Logger;
  /** Milliseconds; default 10 s. */
  readonly patience?: number;
}

/** @param deadline milliseconds in which nginx may finish its requests. */
export async function endPlane(
  { applier, helper, nginx, control, log, patience = PATIENCE }: PlaneParts,
  deadline: number,
): Promise<void> {
  const idle = applier.stop();
  // Nobody needs any more what nginx says of a file.
  await helper.close();
  if (!(await endsWithin(idle, patience)))
    log.error('the work on a configuration does not end; nginx is ended all the same');
  try {
    await nginx.stop(deadline);
  } finally {
    await control.close();
  }
}

function healthOf(nginx: NginxProcess, applier: Applier, complete: boolean): string | null {
  if (nginx.pid() === null) return 'nginx is not running';
  if (applier.proven() === null) return 'no configuration serves yet';
  return complete ? null : 'nginx has not received all backends yet';
}
