import { expect } from 'chai';
import type { FlagSpec, FlagType, FlagValue } from './spec.ts';
import { parseValue } from './values.ts';

function spec(type: FlagType): FlagSpec {
  return {
    type,
    default: '',
    doc: '',
    group: 'own',
    effect: 'now',
    choices: ['text', 'json'],
  } as unknown as FlagSpec;
}

describe('flag values', () => {
  const good: readonly (readonly [type: FlagType, text: string, value: FlagValue])[] = [
    ['string', '', ''],
    ['string', 'a,b', 'a,b'],
    ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => ['bool', text, true] as const),
    ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => ['bool', text, false] as const),
    ['int', '0', 0],
    ['int', '-5', -5],
    ['int', '+5', 5],
    ['int', '-0', 0],
    ['int', '0x10', 16],
    ['int', '0X1f', 31],
    ['int', '010', 8],
    ['int', '0o17', 15],
    ['int', '0b101', 5],
    ['int', '10_000', 10_000],
    ['int', '0x_10', 16],
    ['uint32', '4294967295', 4_294_967_295],
    ['float32', '0.3', 0.3],
    ['float32', '1e3', 1000],
    ['float32', '.5', 0.5],
    ['float32', '5.', 5],
    ['float32', '-1', -1],
    ['float32', 'Inf', Number.POSITIVE_INFINITY],
    ['float64', '-inf', Number.NEGATIVE_INFINITY],
    ['float64', '1e300', 1e300],
    ['duration', '1m', 60_000],
    ['ip', '10.0.0.1', '10.0.0.1'],
    ['ip', ' ::1 ', '::1'],
    ['floats', '1,2.5', [1, 2.5]],
    ['list', '', []],
    ['list', 'a', ['a']],
    ['list', 'a,b', ['a', 'b']],
    ['list', 'a,', ['a', '']],
    ['list', '"a,b",c', ['a,b', 'c']],
    ['list', '"say ""hi"""', ['say "hi"']],
    ['repeated', 'a,b', ['a,b']],
    ['choice', 'json', 'json'],
  ];
  for (const [type, text, value] of good) {
    it(`reads ${JSON.stringify(text)} as ${type}`, () => {
      expect(parseValue(spec(type), text, undefined)).to.deep.equal({ ok: true, value });
    });
  }

  const bad: readonly (readonly [type: FlagType, text: string, reason: RegExp])[] = [
    ['bool', 'yes', /true or false/],
    ['bool', '', /true or false/],
    ['int', '', /whole number/],
    ['int', '08', /whole number/],
    ['int', '1.5', /whole number/],
    ['int', '0x', /whole number/],
    ['int', '1__0', /whole number/],
    ['int', '_1', /whole number/],
    ['int', ' 1', /whole number/],
    ['int', '1e3', /whole number/],
    ['int', '99999999999999999999', /out of range/],
    ['uint32', '-1', /whole number/],
    ['uint32', '4294967296', /from 0 to 4294967295/],
    ['float32', 'fast', /not a number/],
    ['float32', '1e39', /32 bits/],
    ['float32', '+nan', /not a number/],
    ['float64', '1e400', /64 bits/],
    ['duration', '10', /unit is missing; write .* 30s/],
    ['ip', 'localhost', /IP address/],
    ['ip', 'fe80::1%eth0', /IP address/],
    ['floats', '1, 2', /in " 2"/],
    ['floats', '', /in ""/],
    ['list', '"a', /quote/],
    ['list', 'a"b', /quote/],
    ['choice', 'xml', /text, json/],
  ];
  for (const [type, text, reason] of bad) {
    it(`refuses ${JSON.stringify(text)} as ${type}`, () => {
      const result = parseValue(spec(type), text, undefined);
      expect(result.ok).to.equal(false);
      expect(result).to.have.property('reason').that.matches(reason);
    });
  }

  for (const type of ['list', 'repeated'] as const) {
    it(`adds up a ${type}`, () => {
      expect(parseValue(spec(type), 'b', ['a'])).to.deep.equal({ ok: true, value: ['a', 'b'] });
    });
  }
});
