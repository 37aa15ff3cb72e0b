import { expect } from 'chai';
import { createHistory } from './history.ts';
import type { Generation } from '../nginx/generation.ts';
import { ingress, ingressClass, service } from '../testing/builders/objects.ts';
import { snapshotOf } from '../testing/builders/pipeline.ts';
import { pipeline } from '../testing/builders/render.ts';

const times = { check: 1.4, proof: 20.6 };

const renders = pipeline();

async function generationOf(...hosts: readonly string[]): Promise<Generation> {
  const ingresses = hosts.map((host) => ingress({ name: host, host }));
  const { generation } = await renders.run(snapshotOf([ingressClass(), service(), ...ingresses]));
  return generation;
}

describe('history', () => {
  it('knows nothing at first', () => {
    expect(createHistory(() => 0).state()).to.deep.equal({
      serving: null,
      generations: 0,
      lastChange: null,
      lastRefusal: null,
    });
  });

  it('tells objects that changed, and not what the controller itself wanted', () => {
    const history = createHistory(() => 0);
    history.changed({
      number: 7,
      keys: new Set(['Ingress a/b', 'IngressClass nginx', 'synced Secret', 'start']),
    });
    expect(history.state().lastChange).to.deep.equal({
      time: '1970-01-01T00:00:00.000Z',
      batch: 7,
      objects: ['Ingress a/b', 'IngressClass nginx'],
    });
    history.changed({ number: 8, keys: new Set(['templates']) });
    expect(history.state().lastChange?.batch).to.equal(7);
  });

  it('is short, whatever happens', () => {
    const history = createHistory(() => 0);
    history.changed({
      number: 1,
      keys: new Set(Array.from({ length: 60 }, (_, index) => `Secret a/${index}`)),
    });
    expect(history.state().lastChange?.objects).to.have.length(51).and.include('and 10 more');
  });

  it('tells what serves, since when, and in which hosts it differs', async () => {
    let now = 0;
    const history = createHistory(() => now);
    const first = await generationOf('a.test', 'b.test');
    history.proven({ generation: first, times });
    expect(history.state().serving).to.deep.equal({
      generation: first.checksum,
      since: '1970-01-01T00:00:00.000Z',
      changed: 'everything',
      removed: [],
      milliseconds: { check: 1, proof: 21 },
    });
    now = 1000;
    history.proven({ generation: await generationOf('b.test', 'c.test'), times });
    expect(history.state()).to.have.property('generations', 2);
    expect(history.state().serving).to.deep.include({
      since: '1970-01-01T00:00:01.000Z',
      changed: ['c.test'],
      removed: ['a.test'],
    });
  });

  it('remembers a refusal until something new serves', async () => {
    const history = createHistory(() => 0);
    const generation = await generationOf('a.test');
    history.refused({ generation, failures: [{ message: 'no', line: null }], cause: 'configuration' });
    expect(history.state().lastRefusal).to.include({ reason: 'no', generation: generation.checksum });
    history.proven({ generation, times });
    expect(history.state().lastRefusal).to.equal(null);
  });
});
