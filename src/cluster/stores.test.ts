import { expect } from 'chai';
import type { EndpointSlice, Ingress, Secret } from '../source/objects.ts';
import { byAge } from './age-order.ts';
import { createStores } from './stores.ts';

function ingress(
  name: string,
  rest: { readonly created?: string; readonly version?: string; readonly uid?: string } = {},
): Ingress {
  return {
    kind: 'Ingress',
    apiVersion: 'networking.k8s.io/v1',
    metadata: {
      namespace: 'default',
      name,
      uid: rest.uid ?? name,
      resourceVersion: rest.version ?? '1',
      creationTimestamp: rest.created ?? '2026-01-01T00:00:00Z',
    },
    spec: {},
  };
}

function slice(name: string, service: string | null, version = '1'): EndpointSlice {
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: {
      namespace: 'default',
      name,
      uid: name,
      resourceVersion: version,
      creationTimestamp: '',
      ...(service === null ? {} : { labels: { 'kubernetes.io/service-name': service } }),
    },
    addressType: 'IPv4',
  };
}

function secret(name: string): Secret {
  return {
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: { namespace: 'default', name, uid: name, resourceVersion: '1', creationTimestamp: '' },
  };
}

function recording() {
  const changes: string[] = [];
  return { changes, stores: createStores((key) => changes.push(key)) };
}

describe('createStores', () => {
  it('tells once what is new, changed or gone', () => {
    const { changes, stores } = recording();
    stores.put(ingress('a'));
    stores.put(ingress('a'));
    stores.put({ ...ingress('a', { version: '2' }), spec: { ingressClassName: 'nginx' } });
    stores.put(ingress('a', { version: '3', uid: 'made again' }));
    stores.remove('Ingress', 'default/a');
    stores.remove('Ingress', 'default/a');
    expect(changes).to.deep.equal(Array.from({ length: 4 }, () => 'Ingress default/a'));
  });

  it('tells nothing of a new version that says the same, and keeps what is there', () => {
    const { changes, stores } = recording();
    stores.put(ingress('a'));
    const before = stores.snapshot();
    changes.length = 0;
    stores.put(ingress('a', { version: '2' }));
    stores.replace('Ingress', [ingress('a', { version: '3' })]);
    expect(changes).to.deep.equal(['synced Ingress']);
    expect(stores.snapshot().ingresses).to.equal(before.ingresses);
  });

  it('keeps statuses apart: a new one changes nothing else', () => {
    const { changes, stores } = recording();
    const status = { loadBalancer: { ingress: [{ ip: '1.1.1.1' }] } };
    stores.put(ingress('a'));
    const before = stores.snapshot();
    stores.put({ ...ingress('a', { version: '2' }), status });
    stores.put({ ...ingress('a', { version: '3' }), status });
    expect(changes).to.deep.equal(['Ingress default/a', 'IngressStatus default/a']);
    expect(stores.snapshot().ingresses).to.equal(before.ingresses);
    expect(stores.snapshot().statuses.get('default/a')).to.deep.equal(status);
    stores.remove('Ingress', 'default/a');
    expect(stores.snapshot().statuses.size).to.equal(0);
  });

  it('says which Service a slice or a Service speaks of', () => {
    const told: string[] = [];
    const stores = createStores((key, service) => told.push(`${key} of ${service}`));
    stores.put(slice('s', 'web'));
    stores.put(slice('s', 'other', '2'));
    stores.put(ingress('a'));
    stores.remove('EndpointSlice', 'default/s');
    expect(told).to.deep.equal([
      'EndpointSlice default/s of default/web',
      'EndpointSlice default/s of default/web',
      'EndpointSlice default/s of default/other',
      'Ingress default/a of undefined',
      'EndpointSlice default/s of default/other',
    ]);
  });

  it('turns a list into what differs', () => {
    const { changes, stores } = recording();
    stores.replace('Ingress', [ingress('a'), ingress('b')]);
    changes.length = 0;
    stores.replace('Ingress', [ingress('b'), ingress('c')]);
    expect(changes.sort()).to.deep.equal(['Ingress default/a', 'Ingress default/c']);
  });

  it('is synced after the first list of each kind, an empty one included', () => {
    const { changes, stores } = recording();
    stores.put(ingress('a'));
    expect(stores.synced(['Ingress'])).to.equal(false);
    stores.replace('Ingress', []);
    stores.replace('Secret', []);
    expect([stores.synced(['Ingress', 'Secret']), stores.synced(['Ingress', 'Node'])]).to.deep.equal([
      true,
      false,
    ]);
    expect(changes.filter((key) => key.startsWith('synced'))).to.deep.equal([
      'synced Ingress',
      'synced Secret',
    ]);
  });

  it('keeps what did not change in the next snapshot, by identity', () => {
    const { stores } = recording();
    stores.put(ingress('a'));
    stores.put(secret('s'));
    const first = stores.snapshot();
    stores.put(secret('t'));
    const second = stores.snapshot();
    expect(second.ingresses).to.equal(first.ingresses);
    expect(second.services).to.equal(first.services);
    expect(second.secrets).not.to.equal(first.secrets);
    expect([first.secrets.size, second.secrets.size]).to.deep.equal([1, 2]);
    expect(second.number).to.be.greaterThan(first.number);
  });

  it('orders Ingresses by age, ties by key from the end', () => {
    const { stores } = recording();
    const newer = ingress('newer', { created: '2026-02-01T00:00:00Z' });
    for (const object of [newer, ingress('a'), ingress('c'), ingress('b')]) stores.put(object);
    const names = () => stores.snapshot().ingresses.map(({ metadata }) => metadata.name);
    expect(names()).to.deep.equal(['c', 'b', 'a', 'newer']);
    stores.put(ingress('oldest', { created: '2025-01-01T00:00:00Z' }));
    stores.remove('Ingress', 'default/b');
    expect(names()).to.deep.equal(['oldest', 'c', 'a', 'newer']);
    expect(byAge(newer, newer)).to.equal(0);
  });
});

describe('EndpointSlices by Service', () => {
  it('finds slices by label alone, whatever they are called', () => {
    const { stores } = recording();
    stores.put(slice('web-1', 'web'));
    stores.put(slice('made-by-hand', 'web'));
    stores.put(slice('nobody', null));
    const { slices } = stores.snapshot();
    expect([...slices.keys()]).to.deep.equal(['default/web']);
    expect(slices.get('default/web')?.map(({ metadata }) => metadata.name)).to.deep.equal([
      'made-by-hand',
      'web-1',
    ]);
  });

  it('moves a slice whose label changed, and forgets Services without slices', () => {
    const { stores } = recording();
    stores.put(slice('s', 'web'));
    stores.put(slice('t', 'api'));
    const before = stores.snapshot().slices;
    stores.put(slice('s', 'api', '2'));
    const after = stores.snapshot().slices;
    expect([...after.keys()]).to.deep.equal(['default/api']);
    expect(after.get('default/api')).to.have.length(2);
    expect(before.get('default/web')).to.have.length(1);
    stores.remove('EndpointSlice', 'default/s');
    stores.remove('EndpointSlice', 'default/t');
    expect(stores.snapshot().slices.size).to.equal(0);
  });

  it('keeps the list of a Service while none of its slices changes', () => {
    const { stores } = recording();
    stores.put(slice('s', 'web'));
    stores.put(slice('t', 'api'));
    const before = stores.snapshot().slices.get('default/web');
    stores.put(slice('t', 'api', '2'));
    expect(stores.snapshot().slices.get('default/web')).to.equal(before);
  });
});
