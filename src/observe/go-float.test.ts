import { expect } from 'chai';
import { goFloat } from './go-float.ts';

describe('numbers as Go prints them', () => {
  for (const [value, text] of [
    [0, '0'],
    [1, '1'],
    [-2.5, '-2.5'],
    [0.005, '0.005'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [100_000, '100000'],
    [999_999, '999999'],
    [1_000_000, '1e+06'],
    [1_234_567.5, '1.2345675e+06'],
    [1e100, '1e+100'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [NaN, 'NaN'],
  ] as const)
    it(`${value} is ${text}`, () => expect(goFloat(value)).to.equal(text));
});
