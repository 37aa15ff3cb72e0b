import { expect } from 'chai';
import type { Snapshot } from '../cluster/snapshot.ts';
import { createStores } from '../cluster/stores.ts';
import { ingress } from '../testing/builders/objects.ts';
import { eventually } from '../testing/fake-api/support.ts';
import type { StatusWrite } from './plan.ts';
import { startPublisher } from './publisher.ts';
import type { Publisher, PublisherOptions } from './publisher.ts';

const HOUR = 3_600_000;

describe('publisher of statuses', () => {
  let publisher: Publisher | undefined;
  afterEach(() => publisher?.stop(() => false));

  function start(overrides: Partial<PublisherOptions> = {}) {
    const stores = createStores(() => undefined);
    const rounds: (readonly StatusWrite[])[] = [];
    publisher = startPublisher({
      snapshot: () => stores.snapshot(),
      accepted: (snapshot: Snapshot) => snapshot.ingresses,
      leading: () => true,
      // The status is in the store once the watch has brought it, which no test needs.
      writer: { write: async (plan) => void rounds.push(plan) },
      addresses: { publishStatusAddress: '1.1.1.1', publishService: '', reportNodeInternalIp: false },
      interval: HOUR,
      ...overrides,
    });
    return { rounds, stores, publisher };
  }

  const names = (plan: readonly StatusWrite[] | undefined) => plan?.map(({ name }) => name);

  it('writes what stands there at the start', async () => {
    const { rounds, stores } = start();
    stores.put(ingress({ name: 'a' }));
    await eventually(() => expect(names(rounds[0])).to.deep.equal(['a']));
    expect(rounds[0]?.[0]?.addresses).to.deep.equal([{ ip: '1.1.1.1' }]);
  });

  it('gathers changes into one round, and sleeps in between', async () => {
    const { rounds, stores, publisher: made } = start();
    await eventually(() => expect(rounds).to.have.length(1));
    for (const name of ['a', 'b', 'c']) {
      stores.put(ingress({ name }));
      made.changed();
    }
    await eventually(() => expect(names(rounds[1])?.toSorted()).to.deep.equal(['a', 'b', 'c']));
    expect(rounds).to.have.length(2);
  });

  it('looks again after its interval without any change', async () => {
    const { rounds } = start({ interval: 10 });
    await eventually(() => expect(rounds.length).to.be.at.least(3));
  });

  it('does nothing until it leads', async () => {
    let looks = 0;
    const leading = () => {
      looks++;
      return false;
    };
    const { rounds } = start({ interval: 10, leading });
    await eventually(() => expect(looks).to.be.at.least(3));
    expect(rounds).to.deep.equal([]);
  });

  it('starts when it becomes the leader', async () => {
    let looks = 0;
    let leads = false;
    const leading = () => {
      looks++;
      return leads;
    };
    const { rounds, stores, publisher: made } = start({ leading });
    stores.put(ingress({ name: 'a' }));
    await eventually(() => expect(looks).to.equal(1));
    expect(rounds).to.deep.equal([]);
    leads = true;
    made.changed();
    await eventually(() => expect(names(rounds[0])).to.deep.equal(['a']));
  });

  it('leaves what stands there when no address is known', async () => {
    let looks = 0;
    const addresses = { publishStatusAddress: '', publishService: 'a/b', reportNodeInternalIp: false };
    const leading = () => {
      looks++;
      return true;
    };
    const { rounds } = start({ addresses, interval: 10, leading });
    await eventually(() => expect(looks).to.be.at.least(3));
    expect(rounds).to.deep.equal([]);
  });

  const published = { ...ingress({ name: 'a' }), status: { loadBalancer: { ingress: [{ ip: '1.1.1.1' }] } } };

  for (const [name, clear, expected] of [
    ['clears at the end when nobody is left', true, [{ namespace: 'default', name: 'a', addresses: [] }]],
    ['clears nothing at the end when others go on', false, undefined],
  ] as const) {
    it(name, async () => {
      const { rounds, stores, publisher: made } = start();
      stores.put(published);
      await eventually(() => expect(rounds).to.have.length(1));
      await made.stop(() => clear);
      expect(rounds[1]).to.deep.equal(expected);
    });
  }

  it('ends at once while it gathers changes', async () => {
    const { rounds, publisher: made } = start();
    // No interval, however long, may hold up the end.
    await made.stop(() => false);
    expect(rounds).to.deep.equal([]);
  });

  it('waits at the end for the round under way', async () => {
    const gate = Promise.withResolvers<void>();
    const events: string[] = [];
    const { publisher: made } = start({
      writer: {
        async write(_plan, signal) {
          events.push('begun');
          await gate.promise;
          events.push(`ended, told to stop: ${signal.aborted}`);
        },
      },
    });
    await eventually(() => expect(events).to.deep.equal(['begun']));
    const stopped = made.stop(() => false).then(() => events.push('stopped'));
    gate.resolve();
    await stopped;
    expect(events).to.deep.equal(['begun', 'ended, told to stop: true', 'stopped']);
  });
});
