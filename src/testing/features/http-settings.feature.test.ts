import { expect } from 'chai';
import { gunzipSync } from 'node:zlib';
import { get } from 'node:http';
import { ingressClass } from '../harness/objects.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

const usual = {};
const special = {
  'large-client-header-buffers': '4 32k',
  'enable-underscores-in-headers': 'true',
  'hide-headers': 'X-Powered-By',
  'server-tokens': 'true',
  'allow-backend-server-header': 'true',
  'use-gzip': 'true',
  'gzip-min-length': '10',
  'gzip-types': 'application/json',
  'block-cidrs': '192.0.2.0/24',
  'block-user-agents': 'BadBot,~*crawler/[0-9]+',
  'block-referers': '~*evil\\.test',
  'use-forwarded-headers': 'true',
};

describe('settings of http', () => {
  for (const [name, data] of Object.entries({ usual, special })) {
    describe(name, () => {
      const is = (text: string) => name === text;
      const the = useStage(async (stage) => {
        const headers = { 'x-powered-by': 'magic', server: 'backend/1' };
        const web = await stage.backend('web', { headers });
        const metadata = { name: 'settings', namespace: 'default' };
        stage.write('class.yaml', ingressClass(), { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
        stage.write('web.yaml', ...site('web', { places: [web] }));
        stage.write(
          'list.yaml',
          ...site('list', { places: [web], with: { 'denylist-source-range': '10.0.0.0/8' } }),
        );
        return { program: await stage.start({ flags: ['--configmap=default/settings'] }) };
      });
      const ask = (headers = {}, host = 'web.test') => the().program.http(host, '/', { headers });

      it('large headers', async () => {
        const { status } = await ask({ 'x-large': 'x'.repeat(10_000) });
        expect(status).to.equal(is('special') ? 200 : 400);
      });

      it('headers with underscores', async () => {
        const echo = (await ask({ x_under: 'score' })).echo();
        expect(echo.headers['x_under']).to.equal(is('special') ? 'score' : undefined);
      });

      it('headers of the backend', async () => {
        const { headers } = await ask();
        expect(headers['x-powered-by']).to.equal(is('special') ? undefined : 'magic');
        expect(headers['server']).to.equal(is('special') ? 'backend/1' : undefined);
      });

      it('compression', async () => {
        const { port, encoding, body } = await compressed(the().program.ports.http);
        expect(port).to.be.above(0);
        expect(encoding).to.equal(is('special') ? 'gzip' : undefined);
        const text = is('special') ? gunzipSync(body).toString() : body.toString();
        expect(JSON.parse(text)).to.include({ backend: 'web' });
      });

      const blocks: readonly (readonly [string, Readonly<Record<string, string>>, string?])[] = [
        ['an agent', { 'user-agent': 'BadBot' }],
        ['an agent by pattern', { 'user-agent': 'Some Crawler/12' }],
        ['a referer', { referer: 'http://www.EVIL.test/x' }],
        ['an address', { 'x-forwarded-for': '192.0.2.1' }],
        ['an address beside a list', { 'x-forwarded-for': '192.0.2.1' }, 'list.test'],
      ];
      for (const [what, headers, host] of blocks) {
        it(`blocks ${what}`, async () => {
          expect((await ask(headers, host)).status).to.equal(is('special') ? 403 : 200);
        });
      }

      it('lets all others pass', async () => {
        expect((await ask({ 'user-agent': 'BadBot/2', referer: 'http://good.test' })).status).to.equal(200);
      });
    });
  }
});

async function compressed(port: number) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    encoding: string | undefined;
    body: Buffer;
  }>();
  const headers = { host: 'web.test', 'accept-encoding': 'gzip' };
  get({ host: '127.0.0.1', port, path: '/', headers, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () =>
      resolve({ encoding: response.headers['content-encoding'], body: Buffer.concat(chunks) }),
    );
  }).on('error', reject);
  return { port, ...(await promise) };
}
