import { expect } from 'chai';
import type { Logger } from '../lib/log.ts';
import { silentLogger } from '../lib/log.ts';
import { openBench } from '../testing/fake-api/support.ts';
import type { Bench } from '../testing/fake-api/support.ts';
import type { StatusWrite } from './plan.ts';
import { createStatusWriter } from './writer.ts';

const addresses = [{ ip: '1.1.1.1' }];
const write = (name: string): StatusWrite => ({ namespace: 'default', name, addresses });
const signal = new AbortController().signal;

describe('status writer', () => {
  let bench: Bench;
  const lines: string[] = [];
  const log: Logger = {
    ...silentLogger,
    info: (message, fields) => lines.push(`${message} ${String(fields?.['ingress'])}`),
    warn: (message, fields) => lines.push(`${message} ${String(fields?.['ingress'])}`),
  };
  beforeEach(async () => {
    lines.length = 0;
    bench = await openBench();
  });
  afterEach(() => bench.close());

  function create(...names: readonly string[]): void {
    for (const name of names) {
      const spec = { ingressClassName: 'nginx', unknownToUs: { deep: [1] } };
      bench.api.create({
        kind: 'Ingress',
        metadata: { name, namespace: 'default', labels: { a: 'b' } },
        spec,
      });
    }
  }

  const statusOf = (name: string): unknown =>
    Reflect.get(bench.api.get('Ingress', `default/${name}`) ?? {}, 'status');
  const requests = () =>
    bench.api.requests().map(({ method, path }) => `${method} ${path.split('/').slice(6).join('/')}`);
  const run = (...names: readonly string[]) =>
    createStatusWriter(bench.client, log).write(names.map(write), signal);

  it('writes the status, and leaves everything else as it is', async () => {
    create('a');
    await run('a');
    expect(statusOf('a')).to.deep.equal({ loadBalancer: { ingress: addresses } });
    const object = bench.api.get('Ingress', 'default/a');
    expect(object?.metadata.labels).to.deep.equal({ a: 'b' });
    expect(object).to.have.deep.property('spec', { ingressClassName: 'nginx', unknownToUs: { deep: [1] } });
    expect(requests()).to.deep.equal(['PATCH ingresses/a/status']);
    expect(lines).to.deep.equal(['updating Ingress status default/a']);
  });

  it('reads and updates without the right to patch, which it tries once', async () => {
    create('a', 'b');
    bench.api.fail({ verb: 'patch', answer: 403, when: () => true });
    const writer = createStatusWriter(bench.client, log);
    await writer.write([write('a')], signal);
    await writer.write([write('b')], signal);
    expect(requests()).to.deep.equal([
      'PATCH ingresses/a/status',
      'GET ingresses/a',
      'PUT ingresses/a/status',
      'GET ingresses/b',
      'PUT ingresses/b/status',
    ]);
    for (const name of ['a', 'b']) {
      expect(statusOf(name)).to.deep.equal({ loadBalancer: { ingress: addresses } });
      expect(bench.api.get('Ingress', `default/${name}`)?.metadata.labels).to.deep.equal({ a: 'b' });
    }
  });

  it('goes on past what is gone, in conflict or in trouble', async () => {
    create('b', 'c', 'd', 'e');
    const of = (name: string) => (request: { readonly path: string }) =>
      request.path.includes(`/ingresses/${name}`);
    bench.api.fail({ verb: 'patch', answer: 409, when: of('b') });
    bench.api.fail({ verb: 'patch', answer: 422, when: of('c') });
    bench.api.fail({ verb: 'patch', answer: 500, when: of('d') });
    await run('gone', 'b', 'c', 'd', 'e');
    expect(['b', 'c', 'd', 'e'].map((name) => statusOf(name) !== undefined)).to.deep.equal([
      false,
      false,
      false,
      true,
    ]);
    expect(lines.toSorted()).to.deep.equal([
      'status of Ingress cannot be updated default/c',
      'status of Ingress cannot be updated default/d',
      'updating Ingress status default/e',
    ]);
  });

  it('does not overwrite what was changed after it was read', async () => {
    create('a');
    bench.api.fail({ verb: 'patch', answer: 403, when: () => true });
    bench.api.onRequest((request) => {
      if (request.verb !== 'update') return;
      bench.api.onRequest(undefined);
      bench.api.update({
        kind: 'Ingress',
        metadata: { name: 'a', namespace: 'default', labels: { new: 'label' } },
      });
    });
    await run('a');
    expect(statusOf('a')).to.equal(undefined);
    expect(bench.api.get('Ingress', 'default/a')?.metadata.labels).to.deep.equal({ new: 'label' });
    expect(lines).to.deep.equal([]);
  });

  it('writes a thousand in seconds', async () => {
    const names = Array.from({ length: 1000 }, (_, index) => `n${index}`);
    create(...names);
    const started = performance.now();
    await run(...names);
    expect(performance.now() - started).to.be.below(60_000);
    expect(names.filter((name) => statusOf(name) === undefined)).to.deep.equal([]);
  });

  it('has ten under way at most', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `n${index}`);
    create(...names);
    let running = 0;
    let most = 0;
    const client = {
      ...bench.client,
      request: async (request: Parameters<typeof bench.client.request>[0]) => {
        most = Math.max(most, ++running);
        return bench.client.request(request).finally(() => running--);
      },
    };
    await createStatusWriter(client, log).write(names.map(write), signal);
    expect(most).to.equal(10);
  });

  it('stops when it is told to', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `n${index}`);
    create(...names);
    const stop = new AbortController();
    bench.api.onRequest(() => stop.abort());
    await createStatusWriter(bench.client, log).write(names.map(write), stop.signal);
    // Those that were under way.
    expect(names.filter((name) => statusOf(name) !== undefined).length).to.be.at.most(10);
    expect(lines).to.deep.equal([]);
  });
});
