import { expect } from 'chai';
import { settingsTable } from '../config/settings/table.ts';
import { findKeyTests } from './key-tests.ts';

describe('tests of keys of the ConfigMap', () => {
  const testsOf = findKeyTests();

  for (const { key } of Object.values(settingsTable)) {
    it(`name ${key} somewhere`, () => {
      expect(testsOf(key), `write a test with the word '${key}'`).to.not.be.empty;
    });
  }

  it('are at most two, those with requests first', () => {
    expect(testsOf('use-gzip')[0]).to.equal('testing/features/http-settings.feature.test.ts');
    for (const { key } of Object.values(settingsTable)) expect(testsOf(key).length).to.be.at.most(2);
  });

  it('are none for what nobody names', () => {
    expect(testsOf(['nobody', 'names', 'this'].join('-'))).to.deep.equal([]);
  });
});
