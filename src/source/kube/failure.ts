import type { Clock, Timings } from './timings.ts';

/**
 * - `ended`: the stream closed, fell silent or was reset, or the server could not be reached; nothing is lost
 * - `gone`: the version is too old for the server (410)
 * - `broken`: the answer makes no sense, so an event may be lost
 * - `denied`: forbidden, or no such kind (403, 404)
 * - `busy`: the server asks for a pause (429, 503)
 * - `failed`: any other error status
 */
export type FailureReason = 'ended' | 'gone' | 'broken' | 'denied' | 'busy' | 'failed';

export interface Failure {
  readonly reason: FailureReason;
  /** For people: what was asked and what came back. */
  readonly message: string;
  /** The status of the answer, when there was one. */
  readonly status?: number;
  /** From Retry-After. */
  readonly retryAfterMs?: number;
}

/** Failures in a row, the present one counted. */
export interface FailureCounts {
  readonly failures: number;
  /** Of these, such that need a new list. Only a long-lived stream ends this row: events alone must not make lists cheap. */
  readonly relists: number;
}

export interface RetryPlan {
  readonly next: 'list' | 'resume';
  readonly delay: number;
}

interface Rule {
  readonly next: RetryPlan['next'];
  readonly wait: 'back-off' | 'back-off after the first' | 'slow' | 'as told';
}

const rules: { readonly [R in FailureReason]: Rule } = {
  ended: { next: 'resume', wait: 'back-off after the first' },
  gone: { next: 'list', wait: 'back-off after the first' },
  broken: { next: 'list', wait: 'back-off after the first' },
  denied: { next: 'list', wait: 'slow' },
  busy: { next: 'resume', wait: 'as told' },
  failed: { next: 'resume', wait: 'back-off' },
};

/** What an error status of the API server means. 401 comes here only when fresh credentials did not help. */
export function failureOfStatus(status: number): FailureReason {
  if (status === 410) return 'gone';
  if (status === 403 || status === 404) return 'denied';
  if (status === 429 || status === 503) return 'busy';
  // Another error of ours (400, 406, 422...) cannot be cured by asking for the same version again.
  return status === 401 || status === 408 || status >= 500 ? 'failed' : 'broken';
}

/** An etcd restored from a backup refuses versions of its lost future with 504, for as long as they are asked for. */
const patience = 5;

/** The single place that decides how a reflector goes on after a failure. */
export function planRetry(
  failure: Failure,
  counts: FailureCounts,
  { timings, clock }: { readonly timings: Timings; readonly clock: Pick<Clock, 'random'> },
): RetryPlan {
  const rule = rules[failure.reason];
  const inARow = rule.next === 'list' ? counts.relists : counts.failures;
  const backOff = () => fullJitter(inARow, timings, clock.random());
  const next = failure.reason === 'failed' && counts.failures > patience ? 'list' : rule.next;
  return { next, delay: waitOf() };

  function waitOf(): number {
    switch (rule.wait) {
      case 'slow':
        return timings.deniedRetry * (0.5 + clock.random() / 2);
      case 'as told':
        return failure.retryAfterMs === undefined
          ? backOff()
          : // Many clients are told the same time.
            Math.min(failure.retryAfterMs, timings.retryAfterMax) + timings.backOffBase * clock.random();
      case 'back-off':
        return backOff();
      case 'back-off after the first':
        return inARow <= 1 ? 0 : backOff();
    }
  }
}

/** Whether a failure counts as a relist: `denied` waits long anyway. */
export function countsAsRelist(reason: FailureReason): boolean {
  return reason === 'gone' || reason === 'broken';
}

function fullJitter(inARow: number, timings: Timings, random: number): number {
  return random * Math.min(timings.backOffMax, timings.backOffBase * 2 ** Math.max(0, inARow - 1));
}
