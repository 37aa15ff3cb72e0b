import { expect } from 'chai';
import { silentLogger } from '../../lib/log.ts';
import { checkApiServer, getObject, namespaceExists } from './lookups.ts';
import { openBench, recordClock } from '../../testing/fake-api/support.ts';
import type { Bench } from '../../testing/fake-api/support.ts';

describe('lookups', () => {
  let bench: Bench;

  beforeEach(async () => {
    bench = await openBench();
  });

  afterEach(() => bench.close());

  function check(more: { readonly tries?: number; readonly signal?: AbortSignal } = {}) {
    const clock = recordClock('instant');
    const { signal = new AbortController().signal, ...rest } = more;
    const result = checkApiServer({ client: bench.client, log: silentLogger, clock, signal, ...rest }).then(
      ({ gitVersion }) => gitVersion,
      (error: unknown) => String(error),
    );
    return { result, clock };
  }

  it('wait for the API server with growing pauses', async () => {
    bench.api.fail({ answer: 503, times: 3 });
    const { result, clock } = check();
    expect(await result).to.equal('v1.36.0');
    expect(clock.sleeps).to.deep.equal([1000, 1500, 2250]);
  });

  it('give the API server up after ten tries, with the reason', async () => {
    bench.api.fail({ answer: 503, times: 99 });
    const { result, clock } = check();
    expect(await result).to.include('10 tries: GET /version: 503');
    expect(clock.sleeps).to.have.length(9);
    await bench.api.stopListening();
    expect(await check({ tries: 1 }).result).to.include('ECONNREFUSED');
  });

  it('stop waiting for the API server when told to', async () => {
    const stopping = new AbortController();
    bench.api.fail({ answer: 503, times: 99 });
    bench.api.onRequest(() => stopping.abort());
    expect(await check({ signal: stopping.signal }).result).to.include('stopped');
  });

  it('find out whether a namespace exists', async () => {
    bench.api.create({ kind: 'Namespace', metadata: { name: 'there' } });
    expect(await namespaceExists(bench.client, 'there')).to.equal(true);
    expect(await namespaceExists(bench.client, 'elsewhere')).to.equal(false);
    bench.api.fail({ answer: 403 });
    const message = await namespaceExists(bench.client, 'there').catch(String);
    expect(message).to.include('GET /api/v1/namespaces/there: 403');
  });

  it('get one object, slimmed', async () => {
    bench.api.create({
      kind: 'ConfigMap',
      metadata: { name: 'c', namespace: 'n', managedFields: [] },
      data: { a: 'b' },
    });
    const object = await getObject(bench.client, { kind: 'ConfigMap', namespace: 'n', name: 'c' });
    expect(object?.data).to.deep.equal({ a: 'b' });
    expect(object?.metadata).to.not.have.property('managedFields');
  });
});
