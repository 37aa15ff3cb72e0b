/** How long the admission webhook takes, one review after the other. */
import { percentile, atMost } from './figures.ts';
import type { Figure } from './figures.ts';
import type { Lab } from './lab.ts';
import { kinds, withUid } from './webhook-candidates.ts';
import type { Kind } from './webhook-candidates.ts';

export async function measureReviews({ webhook }: Lab, rounds: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const [name, allowed] of [
    ['valid', true],
    ['bad', false],
  ] as const) {
    const times = await timesOf(
      kinds.filter((kind) => kind.allowed === allowed),
      webhook,
      rounds,
    );
    figures.push(
      { name: `webhook, ${name} candidates, p50`, value: percentile(times, 0.5), unit: 'ms' },
      {
        name: `webhook, ${name} candidates, p99`,
        value: percentile(times, 0.99),
        unit: 'ms',
        bar: atMost(50),
      },
    );
  }
  return figures;
}

async function timesOf(
  chosen: readonly Kind[],
  webhook: Lab['webhook'],
  rounds: number,
): Promise<readonly number[]> {
  const times: number[] = [];
  for (let n = 0; n < rounds; n++) {
    const kind = chosen[n % chosen.length];
    if (kind === undefined) continue;
    const candidate = withUid(kind.candidate(n));
    const started = performance.now();
    const answer = await webhook.review(candidate);
    times.push(performance.now() - started);
    if (answer.allowed !== kind.allowed) throw new Error(`${kind.name}: ${JSON.stringify(answer)}`);
  }
  return times;
}
