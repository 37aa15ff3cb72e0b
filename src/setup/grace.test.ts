import { expect } from 'chai';
import { parseFlags } from '../config/flags/parse.ts';
import type { ParsedFlags } from '../config/flags/parse.ts';
import { pauseAfterStop, pauseBeforeStop } from './grace.ts';

/** Fractions of seconds, which no flag takes, keep the test short. */
function flags(...args: readonly string[]): ParsedFlags {
  const parsed = parseFlags([...args]);
  if (parsed.kind !== 'ok') throw new Error('the flags cannot be parsed');
  const options = { ...parsed.options, shutdownGracePeriod: 0.1, postShutdownGracePeriod: 0.1 };
  return { ...parsed, options };
}

async function milliseconds(action: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

const LEAST = 95;
const MOST = 60;

describe('pauses around stopping', () => {
  it('give load balancers time after SIGTERM', async () => {
    const { options } = flags();
    expect(await milliseconds(() => pauseBeforeStop(options, 'SIGTERM'))).to.be.at.least(LEAST);
  });

  for (const signal of ['SIGINT', null] as const) {
    it(`do not hold up ${signal ?? 'a fault'}`, async () => {
      const given = flags();
      expect(await milliseconds(() => pauseBeforeStop(given.options, signal))).to.be.below(MOST);
      expect(await milliseconds(() => pauseAfterStop(given, signal))).to.be.below(MOST);
    });
  }

  const after: readonly (readonly [string, readonly string[], boolean])[] = [
    ['in a cluster', [], true],
    ['with a folder of manifests', ['--manifests=/m'], false],
    ['with a folder, where the flag says so', ['--manifests=/m', '--post-shutdown-grace-period=7'], true],
  ];
  for (const [where, args, waits] of after) {
    it(`${waits ? 'wait' : 'do not wait'} at the end ${where}`, async () => {
      const spent = await milliseconds(() => pauseAfterStop(flags(...args), 'SIGTERM'));
      if (waits) expect(spent).to.be.at.least(LEAST);
      else expect(spent).to.be.below(MOST);
    });
  }
});
