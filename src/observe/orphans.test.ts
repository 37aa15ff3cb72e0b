import { expect } from 'chai';
import { printFamilies } from './exposition.ts';
import { orphanFamilies } from './orphans.ts';
import type { Lead } from './orphans.ts';

const lead = (ingress: string, state: Lead['state']): Lead => ({ namespace: 'shop', ingress, state });

function rowsOf(...leads: readonly Lead[]): readonly string[] {
  const text = printFamilies(orphanFamilies(leads, { controller_pod: 'p' }));
  return [...text.matchAll(/ingress="(\w+)",type="([\w-]+)"\} (\d)$/gm)].map((row) => row.slice(1).join(' '));
}

describe('orphans', () => {
  const rows: readonly (readonly [what: string, leads: readonly Lead[], expected: readonly string[]])[] = [
    ['served', [lead('a', 'served')], ['a no-service 0', 'a no-endpoint 0']],
    ['without endpoint', [lead('a', 'no-endpoint')], ['a no-service 0', 'a no-endpoint 1']],
    ['without Service', [lead('a', 'no-service')], ['a no-service 1']],
    [
      'with one path of two',
      [lead('a', 'no-endpoint'), lead('a', 'served'), lead('b', 'served'), lead('b', 'no-service')],
      ['a no-service 0', 'a no-endpoint 1', 'b no-service 1', 'b no-endpoint 0'],
    ],
    ['of whom nobody is known', [], []],
  ];
  for (const [what, leads, expected] of rows)
    it(`are told: ${what}`, () => expect(rowsOf(...leads)).to.deep.equal(expected));

  it('have the labels of all', () =>
    expect(printFamilies(orphanFamilies([lead('a', 'served')], { controller_pod: 'p' }))).to.include(
      'nginx_ingress_controller_orphan_ingress{controller_pod="p",namespace="shop",ingress="a",type="no-service"} 0',
    ));
});
