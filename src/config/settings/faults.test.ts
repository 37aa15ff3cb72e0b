import { expect } from 'chai';
import { faultsIn } from './faults.ts';
import { readSettings } from './read.ts';

describe('faults of the ConfigMap', () => {
  const rows: readonly (readonly [data: Readonly<Record<string, string>>, expected: readonly string[]])[] = [
    [{}, []],
    [{ 'proxy-body-size': '8m' }, []],
    [{ 'proxy-bodysize': '8m' }, ['proxy-bodysize is no key that there is; did you mean proxy-body-size?']],
    [{ zebra: '1' }, ['zebra is no key that there is; remove it']],
    [
      { 'worker-processes': 'many', zebra: '1' },
      [
        'worker-processes is neither "auto" nor a whole number from 1 to 128; the default "auto" is used',
        'zebra is no key that there is; remove it',
      ],
    ],
  ];
  for (const [data, expected] of rows)
    it(`${JSON.stringify(data)}`, () =>
      expect(faultsIn(readSettings(data)).map(({ key, reason }) => `${key} ${reason}`)).to.deep.equal(
        expected,
      ));
});
