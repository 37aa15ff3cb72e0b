import { expect } from 'chai';
import { createHistory } from '../dashboard/history.ts';
import { createLately } from './lately.ts';
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

function start(now: () => number = () => 0) {
  const record = createHistory(now, 'left out');
  return { ...createLately({ record, now }), proven: record.proven, refused: record.refused };
}

describe('what became of changes lately', () => {
  it('knows nothing at first', () => {
    expect(start().state()).to.deep.equal({
      serving: null,
      generations: 0,
      lastChange: null,
      lastRefusal: null,
    });
  });

  it('tells objects that changed, and not what the controller itself wanted', () => {
    const lately = start();
    lately.changed({
      number: 7,
      keys: new Set(['Ingress a/b', 'IngressClass nginx', 'synced Secret', 'start']),
    });
    expect(lately.state().lastChange).to.deep.equal({
      time: '1970-01-01T00:00:00.000Z',
      batch: 7,
      objects: ['Ingress a/b', 'IngressClass nginx'],
    });
    lately.changed({ number: 8, keys: new Set(['templates']) });
    expect(lately.state().lastChange?.batch).to.equal(7);
  });

  it('is short, whatever happens', () => {
    const lately = start();
    lately.changed({
      number: 1,
      keys: new Set(Array.from({ length: 60 }, (_, index) => `Secret a/${index}`)),
    });
    expect(lately.state().lastChange?.objects).to.have.length(51).and.include('and 10 more');
  });

  it('tells what serves, since when, and in which hosts it differs', async () => {
    let now = 0;
    const lately = start(() => now);
    const first = await generationOf('a.test', 'b.test');
    lately.proven({ generation: first, times });
    expect(lately.state().serving).to.deep.equal({
      generation: first.checksum,
      since: '1970-01-01T00:00:00.000Z',
      changed: 'everything',
      removed: [],
      milliseconds: { check: 1, proof: 21 },
    });
    now = 1000;
    lately.proven({ generation: await generationOf('b.test', 'c.test'), times });
    expect(lately.state()).to.have.property('generations', 2);
    expect(lately.state().serving).to.deep.include({
      since: '1970-01-01T00:00:01.000Z',
      changed: ['c.test'],
      removed: ['a.test'],
    });
  });

  it('counts hosts that it does not name', async () => {
    const lately = start();
    const hosts = Array.from({ length: 1100 }, (_, index) => `h${index}.test`);
    const few = await generationOf('a.test');
    // So many hosts need larger tables, which is something else.
    const { head } = few;
    lately.proven({ generation: few, times });
    lately.proven({ generation: { ...(await generationOf('a.test', ...hosts)), head }, times });
    const { serving } = lately.state();
    expect(serving?.changed).to.have.length(51).and.include('and 1050 more');
  });

  for (const [what, change] of [
    ['settings', (one: Generation) => ({ ...one, checksum: 'x', head: Buffer.from('user x;\n') })],
    [
      'files',
      (one: Generation) => ({
        ...one,
        checksum: 'x',
        files: [{ folder: 'content', name: 'a', content: Buffer.from('b') }] as const,
      }),
    ],
  ] as const)
    it(`says that everything changed when ${what} did`, async () => {
      const lately = start();
      const generation = await generationOf('a.test');
      lately.proven({ generation, times });
      lately.proven({ generation: change(generation), times });
      expect(lately.state().serving).to.include({ changed: 'everything', generation: 'x' });
    });

  it('remembers a refusal until something new serves', async () => {
    const lately = start();
    const generation = await generationOf('a.test');
    lately.refused({ generation, failures: [{ message: 'no' }], cause: 'configuration' });
    expect(lately.state().lastRefusal).to.include({ reason: 'no', generation: generation.checksum });
    lately.proven({ generation, times });
    expect(lately.state().lastRefusal).to.equal(null);
  });
});
