/** Tells people what happened: log lines in the words that others look for, and metrics. */
import { faultsIn } from './config/settings/faults.ts';
import type { ReadSettings } from './config/settings/read.ts';
import type { Graph } from './graph/graph.ts';
import { NO_STREAM_MODULE } from './graph/stream-module.ts';
import { describeProblem } from './graph/problems.ts';
import type { Problem } from './graph/problems.ts';
import { messageOf } from './lib/errors.ts';
import type { Logger } from './lib/log.ts';
import type { Proven, Refusal } from './nginx/applier.ts';
import { serverAt, sizeOf } from './nginx/generation.ts';
import { UnrenderableServer } from './nginx/blame.ts';
import { createExpiryWatch } from './observe/expiry.ts';
import type { Metrics } from './observe/metrics.ts';
import type { History } from './dashboard/history.ts';

export interface Reporter {
  graph(graph: Graph): void;
  /** @param stream whether nginx has its module for TCP and UDP. */
  settings(read: ReadSettings, stream: 'there' | 'missing'): void;
  proven(proven: Proven): void;
  refused(refusal: Refusal): void;
  unrendered(error: unknown): void;
  /** Milliseconds that nginx may take to finish its requests when the controller stops. */
  shutdownTimeout(): number;
  /** Whether a reload waits until nothing is left of older generations. */
  isSerial(): boolean;
}

const FAILURE = 'Unexpected failure reloading the backend; the last good configuration stays in force';

export function createReporter(
  log: Logger,
  metrics: Metrics,
  record: Pick<History, 'proven' | 'refused'>,
): Reporter {
  let known: ReadonlySet<Problem> = new Set();
  let knownTexts: ReadonlySet<string> = new Set();
  let shutdownTimeout = 240_000;
  let isSerial = false;
  const watchExpiry = createExpiryWatch(log, Date.now);

  return {
    graph(graph) {
      metrics.hosts(graph.counts);
      metrics.problems(graph.problems.length);
      const problems = new Set(graph.problems);
      const fresh = graph.problems.filter((problem) => !known.has(problem));
      const texts = new Set(graph.problems.map(describeProblem));
      for (const problem of fresh) {
        // The same words about a new version of an object are no news.
        if (!knownTexts.has(describeProblem(problem))) tell(log, problem);
      }
      watchExpiry(graph.certificates);
      known = problems;
      knownTexts = texts;
    },
    settings(read, stream) {
      if (stream === 'missing' && read.settings.streamSnippet !== '')
        log.warn(`ConfigMap key stream-snippet without effect: ${NO_STREAM_MODULE}`);
      shutdownTimeout = toMilliseconds(read.settings.workerShutdownTimeout);
      isSerial = read.settings.enableSerialReloads;
      for (const { key, reason } of faultsIn(read))
        log.warn('ConfigMap value cannot be used', { key, reason });
    },
    proven({ generation, times }) {
      record.proven({ generation, times });
      metrics.applied(generation.checksum);
      metrics.stages.took('check', times.check);
      metrics.stages.took('proof', times.proof);
      log.info('Backend successfully reloaded', {
        generation: generation.checksum,
        bytes: sizeOf(generation),
        checkMilliseconds: Math.round(times.check),
        proofMilliseconds: Math.round(times.proof),
      });
    },
    refused(refusal) {
      const { generation, failures } = refusal;
      const [{ message, line }] = failures;
      record.refused(refusal);
      metrics.refused();
      const owner = line === null ? null : serverAt(generation, line);
      log.error(FAILURE, {
        generation: generation.checksum,
        reason: message,
        ...(owner === null ? {} : { host: owner.server.host }),
      });
    },
    unrendered(error) {
      metrics.refused();
      const { host, ingresses } = error instanceof UnrenderableServer ? error : { host: null, ingresses: [] };
      log.error(FAILURE, {
        reason: messageOf(error),
        ...(host === null ? {} : { host }),
        ...(ingresses.length === 0 ? {} : { ingresses: ingresses.join(', ') }),
      });
    },
    shutdownTimeout: () => shutdownTimeout,
    isSerial: () => isSerial,
  };
}

const WORDS = {
  refused: 'Object refused',
  denied: 'Object denied',
  warning: 'Problem with object',
} as const satisfies Readonly<Record<Problem['severity'], string>>;

function tell(log: Logger, problem: Problem): void {
  const { object, field, code, message } = problem;
  const name = object.namespace === '' ? object.name : `${object.namespace}/${object.name}`;
  log.warn(WORDS[problem.severity], {
    [object.kind.toLowerCase()]: name,
    field,
    code,
    message,
  });
}

function toMilliseconds(time: string): number {
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  const [, digits = '0', unit = 's'] = /^(\d+)(ms|s|m|h|d)?$/.exec(time) ?? [];
  return Number(digits) * (units[unit] ?? 1000);
}
