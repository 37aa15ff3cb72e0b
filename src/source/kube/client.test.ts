import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { silentLogger } from '../../lib/log.ts';
import { makeCertificate } from '../../testing/fake-api/certificate.ts';
import { startFakeApi } from '../../testing/fake-api/server.ts';
import type { FakeApi } from '../../testing/fake-api/server.ts';
import { createKubeClient } from './client.ts';
import type { KubeClient } from './client.ts';
import { loadCredentials } from './credentials.ts';
import { openBench } from '../../testing/fake-api/support.ts';
import type { Bench } from '../../testing/fake-api/support.ts';

function rejection(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => '',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

async function drain(chunks: AsyncIterable<Uint8Array> | undefined): Promise<void> {
  if (chunks === undefined) throw new Error('no stream');
  for await (const chunk of chunks) expect(chunk).to.be.instanceOf(Uint8Array);
}

describe('API client', () => {
  let bench: Bench;
  let api: FakeApi;
  let client: KubeClient;

  beforeEach(async () => {
    bench = await openBench({ timeout: 200 });
    ({ api, client } = bench);
  });

  afterEach(() => bench.close());

  it('sends a body as JSON with the given content type and gives back the parsed answer', async () => {
    api.create({ kind: 'Ingress', metadata: { name: 'a', namespace: 'n' }, spec: {} });
    const status = { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } };
    const answer = await client.request({
      method: 'PATCH',
      path: '/apis/networking.k8s.io/v1/namespaces/n/ingresses/a/status',
      query: { fieldManager: 'tidegate' },
      body: { status },
      contentType: 'application/merge-patch+json',
    });
    expect(answer).to.include({ status: 200, problem: '' });
    expect(answer.body).to.deep.include({ status });
    expect(api.requests()[0]).to.deep.include({
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      query: { fieldManager: 'tidegate' },
      body: { status },
    });
  });

  it('says what failed and passes Retry-After on', async () => {
    api.fail({ answer: 429, retryAfter: '2' });
    expect(await client.request({ path: '/version' })).to.deep.include({
      status: 429,
      problem: 'GET /version: 429 injected answer 429',
      retryAfterMs: 2000,
    });
    api.fail({ answer: 503, retryAfter: new Date(Date.now() + 60_000).toUTCString() });
    const { retryAfterMs } = await client.request({ path: '/version' });
    expect(retryAfterMs).to.be.within(50_000, 60_000);
    api.fail({ answer: 500, retryAfter: 'soon' });
    expect(await client.request({ path: '/version' })).to.not.have.property('retryAfterMs');
  });

  it('gives an answer that is not JSON as text', async () => {
    api.fail({ answer: 'nonsense' });
    expect(await client.request({ path: '/version' })).to.deep.equal({
      status: 200,
      body: '<html>not an API server</html>',
      problem: '',
    });
  });

  it('rejects with the name of the request when there is no answer', async () => {
    api.fail({ answer: 'reset' });
    expect(await rejection(client.request({ path: '/version' }))).to.match(/^GET \/version: .+/u);
    api.fail({ answer: 'hang' });
    expect(await rejection(client.request({ path: '/version' }))).to.include('UND_ERR_HEADERS_TIMEOUT');
    const stopping = new AbortController();
    api.fail({ answer: 'hang' });
    api.onRequest(() => stopping.abort());
    expect(await rejection(client.request({ path: '/version', signal: stopping.signal }))).to.include(
      'abort',
    );
    await api.stopListening();
    expect(await rejection(client.request({ path: '/version' }))).to.include('ECONNREFUSED');
  });

  it('sends requests over kept connections', async () => {
    for (let round = 0; round < 50; round += 1) await client.request({ path: '/version' });
    // Two when a request comes before the pool has noticed the end of the answer before.
    expect(api.counts().connections).to.be.at.most(2);
  });

  it('ends a stream that is silent for longer than its limit', async () => {
    const stream = await client.stream({ path: '/api/v1/pods', query: { watch: 'true' }, idleLimit: 50 });
    expect(await rejection(drain(stream.chunks))).to.include('Body Timeout');
  });

  it('gives the answer that refused a stream', async () => {
    api.fail({ answer: 410 });
    const stream = await client.stream({ path: '/api/v1/pods', query: { watch: 'true' }, idleLimit: 50 });
    expect(stream).to.include({ status: 410, problem: 'GET /api/v1/pods: 410 injected answer 410' });
  });

  it('ends running streams when it is closed', async () => {
    const stream = await client.stream({ path: '/api/v1/pods', query: { watch: 'true' }, idleLimit: 5000 });
    const ended = rejection(drain(stream.chunks));
    await client.close();
    expect(await ended).to.not.equal('');
  });
});

describe('API client with a service account over TLS', () => {
  let directory: string;
  let api: FakeApi;
  let client: KubeClient;
  let time: number;

  beforeEach(async () => {
    time = 0;
    directory = await mkdtemp(join(tmpdir(), 'tidegate-client-'));
    api = await startFakeApi({ protocol: 'https', token: 'first' });
    await write('token', 'first');
    await write('ca.crt', api.ca);
    const credentials = await loadCredentials({
      apiserverHost: '',
      kubeconfig: '',
      certificateAuthority: '',
      log: silentLogger,
      env: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(api.port) },
      serviceAccountDir: directory,
      now: () => time,
    });
    client = createKubeClient({ credentials });
  });

  afterEach(async () => {
    await client.close();
    await api.close();
    await rm(directory, { recursive: true });
  });

  function write(name: string, content: string): Promise<void> {
    return writeFile(join(directory, name), content);
  }

  async function status(): Promise<number> {
    return (await client.request({ path: '/api/v1/pods' })).status;
  }

  it('trusts the CA and sends the token', async () => {
    expect(await status()).to.equal(200);
  });

  it('reads a replaced token when the old one is refused, and asks again', async () => {
    expect(await status()).to.equal(200);
    api.setToken('second');
    expect(await status()).to.equal(401);
    await write('token', 'second');
    expect(await status()).to.equal(200);
    api.setToken('third');
    await write('token', 'third');
    const stream = await client.stream({ path: '/api/v1/pods', query: { watch: 'true' }, idleLimit: 5000 });
    expect(stream.status).to.equal(200);
    api.closeWatches();
    await drain(stream.chunks);
    expect(api.counts().connections).to.be.at.most(2);
  });

  it('connects anew only when the CA has changed', async () => {
    expect(await status()).to.equal(200);
    for (let round = 0; round < 10; round += 1) {
      time += 60_000;
      expect(await status()).to.equal(200);
    }
    const before = api.counts().connections;
    expect(before).to.be.at.most(2);
    await write('ca.crt', `${makeCertificate().certificate}${api.ca}`);
    time += 60_000;
    expect(await status()).to.equal(200);
    expect(api.counts().connections).to.equal(before + 1);
  });

  it('does not talk to a server that the CA does not vouch for', async () => {
    await write('ca.crt', makeCertificate().certificate);
    time += 60_000;
    expect(await rejection(status())).to.match(/self-signed certificate|signature/u);
  });
});
