import { Readable } from 'node:stream';
import { expect } from 'chai';
import { startProfiler } from './profiler.ts';
import type { ProfilerOptions, ProfilerServer } from './profiler.ts';

describe('profiler', () => {
  const running: ProfilerServer[] = [];
  afterEach(async () => {
    for (const server of running.splice(0)) await server.close();
  });

  async function serve(heap: ProfilerOptions['heap'] = 'withheld') {
    const server = await startProfiler({
      host: '127.0.0.1',
      port: 0,
      heap,
      snapshot: () => Readable.from(['{"snapshot":', '{}}']),
    });
    running.push(server);
    return async (path: string, options: RequestInit = {}) => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, options);
      return { status: response.status, text: await response.text(), headers: response.headers };
    };
  }

  const cases: readonly (readonly [path: string, status: number, text: RegExp])[] = [
    ['/debug/pprof/', 200, /profile\?seconds=N/],
    ['/debug/pprof', 200, /heap/],
    ['/', 404, /not found/],
    ['/debug/pprof/goroutine', 404, /not found/],
    ['/debug/pprof/heap', 403, /private keys/],
    ['/debug/pprof/profile?seconds=0', 400, /above 0/],
    ['/debug/pprof/profile?seconds=x', 400, /above 0/],
    ['/debug/pprof/profile?seconds=301', 400, /at most 300/],
  ];
  for (const [path, status, text] of cases)
    it(`answers ${path} with ${status}`, async () => {
      const answer = await (await serve())(path);
      expect(answer.status).to.equal(status);
      expect(answer.text).to.match(text);
    });

  it('is only asked', async () => {
    expect((await (await serve())('/debug/pprof/', { method: 'POST' })).status).to.equal(405);
  });

  it('gives a CPU profile', async () => {
    const { status, text, headers } = await (await serve())('/debug/pprof/profile?seconds=0.05');
    expect(status).to.equal(200);
    expect(headers.get('content-disposition')).to.include('profile.cpuprofile');
    const profile = JSON.parse(text) as {
      readonly nodes: readonly object[];
      readonly samples: readonly number[];
    };
    expect(profile.nodes).to.not.have.length(0);
    expect(profile.samples).to.be.an('array');
  });

  it('gives a heap where it may', async () => {
    // That of this process holds all that other tests have made.
    const { status, text, headers } = await (await serve('shown'))('/debug/pprof/heap');
    expect({ status, text }).to.deep.equal({ status: 200, text: '{"snapshot":{}}' });
    expect(headers.get('content-disposition')).to.include('heap.heapsnapshot');
  });

  it('makes one profile at a time, and stops with the server', async () => {
    const ask = await serve();
    const long = ask('/debug/pprof/profile?seconds=60').catch((error: unknown) => error);
    let second = 200;
    while (second !== 503) second = (await ask('/debug/pprof/profile?seconds=0.001')).status;
    await running.splice(0)[0]?.close();
    expect(await long).to.be.instanceOf(Error);
  });

  it('begins anew when whoever asked has gone', async () => {
    const ask = await serve();
    const gone = new AbortController();
    const long = ask('/debug/pprof/profile?seconds=60', { signal: gone.signal }).catch(() => null);
    while ((await ask('/debug/pprof/profile?seconds=0.001')).status !== 503);
    gone.abort();
    await long;
    while ((await ask('/debug/pprof/profile?seconds=0.001')).status !== 200);
  });
});
