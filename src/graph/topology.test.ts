import { expect } from 'chai';
import type { Service } from '../source/objects.ts';
import { service, slice } from '../testing/terse.ts';
import { nearnessOf } from './topology.ts';

const auto = { 'service.kubernetes.io/topology-mode': 'Auto' };
const asking: Readonly<Record<string, Service>> = {
  'topology-mode: Auto': service({ annotations: auto }),
  PreferClose: service({ spec: { trafficDistribution: 'PreferClose' } }),
  nothing: service(),
  'topology-mode: disabled': service({ annotations: { 'service.kubernetes.io/topology-mode': 'disabled' } }),
  'another distribution': service({ spec: { trafficDistribution: 'PreferSameNode' } }),
};

/** Zones of the hints of each endpoint; null: no hints. */
type Hints = readonly (readonly string[] | null)[];

const rows: readonly (readonly [asks: string, zone: string | null, hints: Hints, kept: string])[] = [
  ['topology-mode: Auto', 'a', [['a'], ['b'], ['a', 'b']], '13'],
  ['PreferClose', 'a', [['a'], ['b'], ['a', 'b']], '13'],
  ['topology-mode: Auto', 'a', [['a'], null], '12'],
  ['PreferClose', 'a', [['a'], null], '12'],
  ['topology-mode: Auto', 'a', [['a'], []], '12'],
  // Nobody here: whoever prefers what is close takes what there is.
  ['PreferClose', 'c', [['a'], ['b']], '12'],
  ['topology-mode: Auto', 'c', [['a'], ['b']], ''],
  ['topology-mode: Auto', null, [['a'], ['b']], '12'],
  ['nothing', 'a', [['a'], ['b']], '12'],
  ['topology-mode: disabled', 'a', [['a'], ['b']], '12'],
  ['another distribution', 'a', [['a'], ['b']], '12'],
  ['PreferClose', 'a', [], ''],
];

describe('endpoints in the zone of the controller', () => {
  for (const [asks, zone, hints, kept] of rows) {
    const shown = hints.map((zones) => zones?.join('+') ?? 'none').join(', ');
    it(`${asks}, in zone ${zone}, of endpoints for ${shown || 'nobody'}: keeps "${kept}"`, () => {
      const endpoints = hints.map((zones, index) => ({
        addresses: [`10.0.0.${index + 1}`],
        ...(zones === null ? {} : { hints: { forZones: zones.map((name) => ({ name })) } }),
      }));
      const isNear = nearnessOf(asking[asks] ?? service(), zone)(slice({ endpoints }));
      const found = endpoints.filter(isNear).map(({ addresses: [address = ''] }) => address.at(-1));
      expect(found.join('')).to.equal(kept);
    });
  }
});
