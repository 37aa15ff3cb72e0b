import { expect } from 'chai';
import { printFamilies } from './exposition.ts';
import { followedFamilies } from './source-metrics.ts';

describe('metrics of the source', () => {
  it('say how old the last word about each kind is, and how often it failed', () => {
    const text = printFamilies(
      followedFamilies(
        [
          { kind: 'Ingress', lastContact: 10_000, failures: 0 },
          { kind: 'Secret', lastContact: 0, failures: 3 },
        ],
        { controller_pod: 'p' },
        12_500,
      ),
    );
    const values = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(values).to.deep.equal([
      'nginx_ingress_controller_watch_age_seconds{controller_pod="p",kind="Ingress"} 2.5',
      'nginx_ingress_controller_watch_failures{controller_pod="p",kind="Ingress"} 0',
      'nginx_ingress_controller_watch_failures{controller_pod="p",kind="Secret"} 3',
    ]);
  });

  it('are not there outside of a cluster', () => expect(followedFamilies([], {}, 0)).to.deep.equal([]));
});
