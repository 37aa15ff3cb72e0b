import { expect } from 'chai';
import type { Quarantined } from '../cluster/quarantine.ts';
import { dashboardContext, NOW } from '../testing/builders/dashboard.ts';
import { tlsSecret } from '../testing/builders/certificates.ts';
import { ingress, service, slice } from '../testing/builders/objects.ts';
import { evaluate } from '../testing/builders/pipeline.ts';
import type { Context } from './context.ts';
import { createHistory } from './history.ts';
import { answer } from './routes.ts';

const { graph } = evaluate([
  service({ name: 'web' }),
  slice({ service: 'web', addresses: ['10.0.0.1', '10.0.0.2'] }),
  tlsSecret({ name: 'tls' }),
  ingress({
    name: 'shop',
    host: 'shop.example.com',
    paths: ['/', { path: '/cart', type: 'Exact', service: 'missing' }],
    tls: [{ hosts: ['shop.example.com'], secretName: 'tls' }],
    annotations: { 'proxy-read-timeout': '7', 'auth-url': 'https://auth.example.com/sesame' },
  }),
  ingress({
    name: 'canary',
    host: 'shop.example.com',
    paths: [{ path: '/', service: 'next' }],
    annotations: {
      canary: 'true',
      'canary-weight': '10',
      'canary-by-header': 'X-C',
      'canary-by-header-value': 'sesame',
    },
  }),
  ingress({ name: '<script>alert(1)</script>', host: 'evil.example.com' }),
  ingress({ name: 'bad', host: '"><img src=x onerror=alert(1)>\u202e.test' }),
]);

const get = (path: string, changes: Partial<Context> = {}) =>
  answer(dashboardContext(graph, changes), new URL(path, 'http://localhost'));

/** Without tags, and blanks made one. */
const wordsOf = (text: string) => text.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');

describe('pages', () => {
  for (const [path, title, ...words] of [
    ['/', 'Overview', 'are served', 'Hosts', 'Ingresses', 'start the controller with --enable-metrics'],
    [
      '/hosts',
      'Hosts and paths',
      'shop.example.com /cart Exact default/shop default-missing-80 default/missing:80 none',
      'shop.example.com / Prefix default/shop default-web-80 default/web:80 2',
    ],
    [
      '/hosts/shop.example.com',
      'shop.example.com',
      'proxy-read-timeout 7s',
      'auth-url set, not shown',
      'default-next-80 : header X-C, weight 10 of 100',
      'service-missing',
    ],
    ['/hosts/_', 'All other hosts', 'nobody'],
    ['/backends', 'Backends', 'default-web-80 default/web:80 2 0'],
    ['/backends/default-web-80', 'default-web-80', '10.0.0.1:8080 serves', 'shop.example.com / default/shop'],
    [
      '/backends/default-missing-80',
      'default-missing-80',
      'None: requests are answered with 503',
      'service-missing',
    ],
    ['/certificates', 'Certificates', 'default/tls', 'shop.example.com', 'generated default certificate'],
    ['/problems', 'Problems', 'Service default/missing', 'name-invalid', 'host-invalid'],
    ['/quarantine', 'Quarantine', 'Nothing is in quarantine.'],
    ['/generations', 'Generations', 'There is none yet.'],
  ] as const) {
    it(path, async () => {
      const { status, text } = await get(path);
      expect(status).to.equal(200);
      expect(text).to.include(`<title>${title} – Tidegate</title>`);
      expect(text.match(/<h1>/g)).to.have.length(1);
      for (const word of words) expect(wordsOf(text)).to.include(word);
      expect(text).to.not.match(/undefined|\[object|sesame/);
    });
  }

  for (const path of [
    '/nothing',
    '/hosts/none.example.com',
    '/backends/none',
    '/generations/1',
    '/hosts/a/b',
    '/%ff',
    '/hosts/',
  ])
    it(`${path} does not exist`, async () => {
      const { status, text } = await get(path);
      expect([status, text.includes('<h1>Not found</h1>')]).to.deep.equal([404, true]);
    });

  it('show hostile names as text', async () => {
    for (const path of [
      '/',
      '/hosts',
      '/problems',
      '/problems?q=<script>alert(1)</script>"%E2%80%AE',
      '/hosts?q="><b>',
    ]) {
      const { text } = await get(path);
      expect(text).to.not.match(/<script>|<img|<b>|\u202e/);
    }
    const { text } = await get('/problems');
    expect(text).to.include('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect((await get('/problems?q="><b>')).text).to.include('value="&quot;&gt;&lt;b&gt;"');
  });

  it('find what is asked for, as a page and as a part of one', async () => {
    const page = await get('/hosts?q=CART+shop');
    expect(wordsOf(page.text)).to.include('/cart').and.include('1 of').and.not.include('default/web:80');
    const part = await get('/hosts?q=cart&fragment=1');
    expect(part.text)
      .to.match(/^<p class="count">1 of /)
      .and.not.include('<html');
    expect(wordsOf((await get('/hosts?q=nothing-like-it')).text)).to.include('There is no such path.');
    expect(wordsOf((await get('/problems?q=host-invalid')).text))
      .to.include('1 of')
      .and.not.include('name-invalid');
    expect(wordsOf((await get('/backends?q=10.0.0.2')).text))
      .to.include('default-web-80')
      .and.not.include('missing');
    expect((await get('/hosts?page=x&q=')).status).to.equal(200);
  });

  it('say what is wrong with the state', async () => {
    const history = createHistory(() => NOW);
    history.unrendered('a <bug>');
    const { text } = await get('/', {
      health: () => 'nginx is not running',
      draining: async () => ({ generations: 2, workers: 4 }),
      history,
    });
    expect(wordsOf(text))
      .to.include('not ready: nginx is not running')
      .and.include('not taken: a &lt;bug&gt;')
      .and.include('4 of 2 generations')
      .and.include('none yet');
  });

  it('show requests a second', async () => {
    const hosts = new Map([['shop.example.com', 1234]]);
    const counted = { totals: () => ({ all: 1234, hosts }) };
    expect(wordsOf((await get('/rates', counted)).text)).to.include('being counted');
    const rates = () => ({ seconds: 2, all: 12.34, hosts: [['shop.example.com', 12.34]] as const });
    const { text } = await get('/rates', { ...counted, rates });
    expect(text).to.not.include('<html');
    expect(wordsOf(text)).to.include('12.3 over the last 2 seconds').and.include('shop.example.com');
    expect(wordsOf((await get('/hosts/shop.example.com', counted)).text)).to.include('Requests so far 1,234');
  });

  it('show what is in quarantine', async () => {
    const entry: Quarantined = {
      item: { kind: 'Ingress', key: 'default/<b>' },
      object: null,
      message: 'unknown "word"',
      standIn: 'confined',
      since: '2026-06-01T00:00:00Z',
    };
    const { text } = await get('/quarantine', { quarantined: () => [entry] });
    expect(wordsOf(text)).to.include(
      'Ingress default/&lt;b&gt; unknown &quot;word&quot; its paths answer 503 2026-06-01T00:00:00Z',
    );
  });

  for (const [days, words] of [
    [-1, 'expired'],
    [5, 'soon:'],
    [29, 'soon:'],
    [31, '31 days left'],
  ] as const) {
    it(`mark a certificate that expires in ${days} days`, async () => {
      const expires = graph.certificates[0]?.certificate?.expires ?? 0;
      const { text } = await get('/certificates', { now: () => expires - days * 86_400_000 });
      expect(wordsOf(text)).to.include(words);
      expect(wordsOf(text).includes('soon:')).to.equal(words === 'soon:');
    });
  }

  it('can be asked for before anything is known', async () => {
    const context = dashboardContext(null);
    for (const path of ['/', '/hosts', '/problems', '/generations'])
      expect((await answer(context, new URL(path, 'http://localhost'))).status, path).to.equal(200);
  });
});
