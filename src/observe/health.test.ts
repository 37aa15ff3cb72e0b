import { expect } from 'chai';
import { startHealthServer } from './health.ts';
import type { HealthOptions, HealthServer } from './health.ts';

const CHECK = 'nginx-ingress-controller';

describe('health server', () => {
  const running: HealthServer[] = [];
  afterEach(async () => {
    for (const server of running.splice(0)) await server.close();
  });

  /** Answers of a new server as `status body`. */
  async function serve(options: Partial<HealthOptions> = {}) {
    const server = await startHealthServer({
      host: '127.0.0.1',
      port: 0,
      path: '/healthz',
      check: async () => null,
      metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'metric 1\n' }),
      ...options,
    });
    running.push(server);
    return async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
      return { status: response.status, text: await response.text(), headers: response.headers };
    };
  }

  const bad = { check: async () => 'nginx is not running' };
  const cases: readonly (readonly [string, Partial<HealthOptions>, string, number, string])[] = [
    ['all is well', {}, '/healthz', 200, 'ok'],
    ['with every check', {}, '/healthz?verbose', 200, `[+]ping ok\n[+]${CHECK} ok\nhealthz check passed\n`],
    [
      'without one of them',
      {},
      '/healthz?verbose&exclude=ping',
      200,
      `[+]${CHECK} ok\nhealthz check passed\n`,
    ],
    [
      'a failure',
      bad,
      '/healthz',
      500,
      `[+]ping ok\n[-]${CHECK} failed: reason withheld\nhealthz check failed\n`,
    ],
    ['a failure that is left out', bad, `/healthz?exclude=${CHECK}`, 200, 'ok'],
    ['the ping alone', bad, '/healthz/ping', 200, 'ok'],
    ['the check alone', {}, `/healthz/${CHECK}`, 200, 'ok'],
    [
      'the check alone, with its reason',
      bad,
      `/healthz/${CHECK}`,
      500,
      'internal server error: nginx is not running\n',
    ],
    ['an unknown check', {}, '/healthz/other', 404, '404 page not found\n'],
    ['another path', {}, '/', 404, '404 page not found\n'],
    ['the path of the flag', { path: '/live/now/' }, '/live/now', 200, 'ok'],
    [
      'the word of that path',
      { ...bad, path: '/live/now' },
      '/live/now',
      500,
      `[+]ping ok\n[-]${CHECK} failed: reason withheld\nlive check failed\n`,
    ],
    ['the root as path', { path: '/' }, '/', 200, 'ok'],
    ['a check below the root', { path: '/' }, '/ping', 200, 'ok'],
    ['metrics', {}, '/metrics', 200, 'metric 1\n'],
  ];
  for (const [what, options, path, status, text] of cases) {
    it(`answers ${what}: ${path}`, async () => {
      const ask = await serve(options);
      const answer = await ask(path);
      expect({ status: answer.status, text: answer.text }).to.deep.equal({ status, text });
    });
  }

  it('says what it sends', async () => {
    const ask = await serve();
    expect((await ask('/metrics')).headers.get('content-type')).to.equal('text/plain; version=0.0.4');
    const { headers } = await ask('/healthz');
    expect(headers.get('content-type')).to.equal('text/plain; charset=utf-8');
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
  });

  it('drops the connection when metrics cannot be had, and goes on', async () => {
    const ask = await serve({ metrics: () => Promise.reject(new Error('no')) });
    const error = await ask('/metrics').catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error);
    expect((await ask('/healthz')).status).to.equal(200);
  });

  it('asks anew each time', async () => {
    let reason: string | null = 'not yet';
    const ask = await serve({ check: async () => reason });
    expect((await ask('/healthz')).status).to.equal(500);
    reason = null;
    expect((await ask('/healthz')).status).to.equal(200);
  });

  it('rejects when its port is taken', async () => {
    const ask = await serve();
    expect((await ask('/healthz')).status).to.equal(200);
    const [first] = running;
    const error = await serve({ port: first?.port ?? 0 }).catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'EADDRINUSE');
  });

  it('lets the port go when it is closed, open connections included', async () => {
    const ask = await serve();
    await ask('/healthz');
    const [server] = running.splice(0);
    await server?.close();
    const again = await serve({ port: server?.port ?? 0 });
    expect((await again('/healthz')).status).to.equal(200);
  });
});
