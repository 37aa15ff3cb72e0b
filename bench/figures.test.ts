import { expect } from 'chai';
import { atLeast, atMost, isFarOff, lineOf, percentile, verdictOf } from './figures.ts';
import type { Figure } from './figures.ts';

const figure = (value: number, bar?: Figure['bar'], unit: Figure['unit'] = 'x'): Figure => ({
  name: 'a figure',
  value,
  unit,
  ...(bar === undefined ? {} : { bar }),
});

describe('figures of benchmarks', () => {
  const rows: readonly (readonly [Figure, verdict: string, farOff: boolean])[] = [
    [figure(10, atMost(10)), 'met', false],
    [figure(11, atMost(10)), 'MISSED', false],
    [figure(31, atMost(10)), 'MISSED', true],
    [figure(0.95, atLeast(0.95)), 'met', false],
    [figure(0.5, atLeast(0.95)), 'MISSED', false],
    [figure(0.3, atLeast(0.95)), 'MISSED', true],
    [figure(1e9), '', false],
    // Times say little on a machine that others use.
    [figure(32, atMost(10), 'ms'), 'MISSED', false],
    [figure(33, atMost(10), 'MB'), 'MISSED', true],
    [figure(34, atMost(10), 'count'), 'MISSED', true],
  ];
  for (const [row, verdict, farOff] of rows) {
    it(`${row.value} for ${row.bar?.better ?? 'no'} bar: ${verdict || 'only reported'}`, () => {
      expect(verdictOf(row)).to.equal(verdict);
      expect(isFarOff(row, 3)).to.equal(farOff);
    });
  }

  it('are one line each', () => {
    const text = lineOf({ ...figure(1234.5, atMost(2000), 'ms'), reference: 'nginx -t 800 ms' });
    expect(text.replaceAll(/ +/g, ' ')).to.equal(' a figure 1,235 ms <= 2,000 met nginx -t 800 ms');
  });

  it('take percentiles from any order', () => {
    const times = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([0.5, 0.99].map((share) => percentile(times, share))).to.deep.equal([50, 99]);
    expect(percentile([], 0.5)).to.equal(0);
  });
});
