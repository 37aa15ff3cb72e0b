import { expect } from 'chai';
import { failureOfStatus, planRetry } from './failure.ts';
import type { Failure, FailureReason, RetryPlan } from './failure.ts';
import { defaultTimings } from './timings.ts';

const clock = { random: () => 0.5 };

function plan(
  failure: Partial<Failure> & { readonly reason: FailureReason },
  failures: number,
  relists = 0,
): RetryPlan {
  return planRetry({ message: '', ...failure }, { failures, relists }, { timings: defaultTimings, clock });
}

describe('retry plan', () => {
  const statuses: readonly (readonly [number, FailureReason])[] = [
    [400, 'broken'],
    [401, 'failed'],
    [403, 'denied'],
    [404, 'denied'],
    [410, 'gone'],
    [422, 'broken'],
    [429, 'busy'],
    [500, 'failed'],
    [503, 'busy'],
    [504, 'failed'],
  ];
  for (const [status, reason] of statuses) {
    it(`takes ${status} for ${reason}`, () => expect(failureOfStatus(status)).to.equal(reason));
  }

  // Half of the longest pause, because the random number is 0.5.
  const plans: readonly (readonly [string, RetryPlan, RetryPlan])[] = [
    ['a first end', plan({ reason: 'ended' }, 1), { next: 'resume', delay: 0 }],
    ['a second end', plan({ reason: 'ended' }, 2), { next: 'resume', delay: 200 }],
    ['a fourth end', plan({ reason: 'ended' }, 4), { next: 'resume', delay: 800 }],
    ['a hundredth end', plan({ reason: 'ended' }, 100), { next: 'resume', delay: 15_000 }],
    ['a first 410', plan({ reason: 'gone' }, 1, 1), { next: 'list', delay: 0 }],
    ['a first 410 after an outage', plan({ reason: 'gone' }, 20, 1), { next: 'list', delay: 0 }],
    ['a second 410', plan({ reason: 'gone' }, 2, 2), { next: 'list', delay: 200 }],
    ['a first broken stream', plan({ reason: 'broken' }, 1, 1), { next: 'list', delay: 0 }],
    ['a third broken stream', plan({ reason: 'broken' }, 1, 3), { next: 'list', delay: 400 }],
    ['403', plan({ reason: 'denied' }, 1), { next: 'list', delay: 22_500 }],
    ['429 without a time', plan({ reason: 'busy' }, 1), { next: 'resume', delay: 100 }],
    ['429 with a time', plan({ reason: 'busy', retryAfterMs: 3000 }, 1), { next: 'resume', delay: 3100 }],
    [
      '429 with an absurd time',
      plan({ reason: 'busy', retryAfterMs: 1e9 }, 1),
      { next: 'resume', delay: 60_100 },
    ],
    ['a first 500', plan({ reason: 'failed' }, 1), { next: 'resume', delay: 100 }],
    ['a sixth 500', plan({ reason: 'failed' }, 6), { next: 'list', delay: 3200 }],
  ];
  for (const [name, got, expected] of plans) {
    it(`after ${name}: ${expected.next} in ${expected.delay} ms`, () => expect(got).to.deep.equal(expected));
  }
});
