import { expect } from 'chai';
import * as fc from 'fast-check';
import { formatDuration, parseDuration } from './duration.ts';

describe('durations', () => {
  const good: readonly (readonly [text: string, milliseconds: number])[] = [
    ['0', 0],
    ['-0', 0],
    ['5s', 5000],
    ['+5s', 5000],
    ['1478s', 1_478_000],
    ['-5s', -5000],
    ['5.0s', 5000],
    ['5.s', 5000],
    ['.5s', 500],
    ['1.004s', 1004],
    ['10ns', 0.00001],
    ['11us', 0.011],
    ['12\u00b5s', 0.012],
    ['12\u03bcs', 0.012],
    ['13ms', 13],
    ['1m30s', 90_000],
    ['3h30m', 12_600_000],
    ['1h15m30.918s', 4_530_918],
    ['39h9m14.425s', 140_954_425],
  ];
  for (const [text, milliseconds] of good) {
    it(`reads ${text}`, () => expect(parseDuration(text)).to.deep.equal({ ok: true, milliseconds }));
  }

  const bad: readonly (readonly [text: string, reason: RegExp])[] = [
    ['', /empty/],
    ['-', /empty/],
    ['10', /unit is missing/],
    ['3h10', /unit is missing/],
    ['s', /"s" is not a number/],
    ['.s', /not a number/],
    ['1x', /unit "x" is unknown/],
    ['1d', /unit "d" is unknown/],
    ['1constructor', /unknown/],
    ['--1s', /not a number/],
    [' 1s', /not a number/],
    ['1s ', /unit "s " is unknown/],
    ['2562048h', /292 years/],
  ];
  for (const [text, reason] of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const result = parseDuration(text);
      expect(result.ok).to.equal(false);
      expect(result).to.have.property('reason').that.matches(reason);
    });
  }

  const printed: readonly (readonly [milliseconds: number, text: string])[] = [
    [0, '0s'],
    [0.000001, '1ns'],
    [0.0011, '1.1\u00b5s'],
    [2.2, '2.2ms'],
    [3300, '3.3s'],
    [245_000, '4m5s'],
    [245_001, '4m5.001s'],
    [3_600_000, '1h0m0s'],
    [18_367_001, '5h6m7.001s'],
    [-500, '-500ms'],
  ];
  for (const [milliseconds, text] of printed) {
    it(`prints ${text}`, () => expect(formatDuration(milliseconds)).to.equal(text));
  }

  it('reads back what it prints', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 50), max: 2 ** 50 }), (nanoseconds) => {
        const milliseconds = nanoseconds / 1e6;
        const back = parseDuration(formatDuration(milliseconds));
        return back.ok && back.milliseconds === (nanoseconds === 0 ? 0 : milliseconds);
      }),
    );
  });
});
