/** Options of `npm run bench`. */
import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Numbers of Ingresses. */
  readonly sizes: readonly number[];
  /** Chooses which hosts are asked and changed. */
  readonly seed: number;
  /** File for all figures as JSON, or null. */
  readonly json: string | null;
  /** Where the objects are: in an API server in memory, or in the one of `$KUBECONFIG`. */
  readonly server: 'memory' | 'kube';
  /** Of the hosts: one in each namespace, or one for each. */
  readonly secrets: 'shared' | 'own';
  /** `quick`: few repetitions, and only misses that no noise explains count. */
  readonly pace: 'full' | 'quick';
}

const FULL = [100, 1000, 5000, 10_000, 20_000];
const QUICK = [1000];

/** @throws when they cannot be read. */
export function readBenchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string', multiple: true },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      server: { type: 'string', default: 'memory' },
      secrets: { type: 'string', default: 'shared' },
      quick: { type: 'boolean', default: false },
    },
  });
  const sizes = (values.size ?? []).flatMap((text) => text.split(',')).map(Number);
  if (!sizes.every((size) => Number.isInteger(size) && size > 0))
    throw new Error('--size takes numbers of Ingresses, for example --size=1000,10000');
  if (values.server !== 'memory' && values.server !== 'kube')
    throw new Error('--server is "memory", or "kube" for the API server of $KUBECONFIG');
  if (values.secrets !== 'shared' && values.secrets !== 'own')
    throw new Error('--secrets is "shared", or "own" for one Secret for each Ingress');
  const usual = values.quick ? QUICK : FULL;
  return {
    sizes: sizes.length > 0 ? sizes : usual,
    seed: Number(values.seed),
    json: values.json ?? null,
    server: values.server,
    secrets: values.secrets,
    pace: values.quick ? 'quick' : 'full',
  };
}

/** Numbers from 0 to below `limit` that a seed decides (a linear congruential generator). */
export function numbersOf(seed: number): (limit: number) => number {
  let state = (Math.imul(seed, 2_654_435_761) ^ 0x9e3779b9) >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
