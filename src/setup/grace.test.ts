import { expect } from 'chai';
import { parseFlags } from '../config/flags/parse.ts';
import type { ParsedFlags } from '../config/flags/parse.ts';
import { pauseAfterStop, pauseBeforeStop } from './grace.ts';
import type { Successor } from './successor.ts';

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
const TIMINGS = { least: 200, most: 600 };

/** @param states who succeeds at each look; the last stays. */
function before(
  given: ParsedFlags,
  signal: NodeJS.Signals | null,
  states: readonly (Successor | null)[],
): Promise<number> {
  let look = 0;
  const successor = () => states[Math.min(look++, states.length - 1)] ?? null;
  return milliseconds(() => pauseBeforeStop(given, { signal, successor }, TIMINGS));
}

describe('pauses around stopping', () => {
  it('give load balancers the time that the flag says', async () => {
    const given = flags('--shutdown-grace-period=7');
    expect(await before(given, 'SIGTERM', ['coming'])).to.be.within(LEAST, TIMINGS.least - 1);
  });

  it('are as long as the default of the flag outside of a cluster', async () => {
    expect(await before(flags(), 'SIGTERM', [null])).to.be.within(LEAST, TIMINGS.least - 1);
  });

  const successors: readonly (readonly [string, readonly Successor[], number, number])[] = [
    ['a moment, when another replica is ready', ['ready'], 200, 390],
    ['a moment, when there is no other', ['none'], 200, 390],
    ['until the next replica is ready, and a moment', ['none', 'coming', 'coming', 'ready'], 300, 490],
    ['no longer than anybody would wait', ['coming'], 600, 790],
  ];
  for (const [what, states, least, most] of successors) {
    it(`last in a cluster ${what}`, async () => {
      expect(await before(flags(), 'SIGTERM', states)).to.be.within(least - 5, most);
    });
  }

  for (const signal of ['SIGINT', null] as const) {
    it(`do not hold up ${signal ?? 'a fault'}`, async () => {
      const given = flags('--shutdown-grace-period=7');
      expect(await before(given, signal, ['coming'])).to.be.below(MOST);
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
