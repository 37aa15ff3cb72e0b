import { expect } from 'chai';
import { describeFaults, faultsOf, knownFaults } from './known-faults.ts';

describe('vulnerabilities of nginx', () => {
  for (const [version, count] of [
    ['1.22.1', knownFaults.length],
    ['1.26.2', knownFaults.length],
    // The stable release with the fix for resumed sessions.
    ['1.26.3', knownFaults.length - 1],
    ['1.27.3', knownFaults.length],
    ['1.27.4', knownFaults.length - 1],
    ['1.28.1', knownFaults.length - 1],
    ['1.28.2', knownFaults.length - 2],
    ['1.29.5', knownFaults.length - 2],
    ['1.30.0', knownFaults.length - 2],
    ['1.30.6', 3],
    ['1.30.7', 0],
    ['1.31.8', 3],
    ['1.31.9', 0],
    ['1.32.0', 0],
    ['2.0', 0],
  ] as const) {
    it(`${version}: ${count}`, () => {
      expect(faultsOf(version)).to.have.length(count);
    });
  }

  it('are told in one sentence, with what to do', () => {
    expect(describeFaults('1.30.6'))
      .to.include('CVE-2026-123007')
      .and.include('1.30.7')
      .and.include('see whether your package has the fixes');
    expect(describeFaults('1.30.7')).to.equal(null);
  });
});
