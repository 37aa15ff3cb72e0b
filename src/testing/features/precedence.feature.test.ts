/** Annotations that speak about the same in one Ingress (compat/annotations.md, cross-cutting 10). */
import { expect } from 'chai';
import { configMap, ingressClass } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { site } from '../harness/sites.ts';
import type { annotations } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

interface Wanted {
  readonly status: number;
  readonly location?: string;
  readonly url?: string;
  readonly backend?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Row = readonly [host: string, what: string, asked: Asked, wanted: Wanted];

const moved = { 'permanent-redirect': 'http://new.test/' };
const from = (address: string): Asked => ({ headers: { 'x-forwarded-for': address } });
const origin = { origin: 'https://a.test' };

/** Sites of the first suite by host; AUTH and SHUT stand for the services that let everybody in, or nobody. */
const sites: Readonly<Record<string, Short>> = {
  usual: {},
  'rewrite-moved': { ...moved, 'rewrite-target': '/x' },
  'root-moved': { ...moved, 'app-root': '/app' },
  'root-rewritten': { 'app-root': '/app', 'rewrite-target': '/new' },
  'root-relative': { 'app-root': '/app', 'relative-redirects': true },
  'codes-moved': { ...moved, 'permanent-redirect-code': 308, 'temporal-redirect': 'http://soon.test/' },
  'code-alone': { 'permanent-redirect-code': 308, 'temporal-redirect-code': 307 },
  'forced-anyway': { 'ssl-redirect': false, 'force-ssl-redirect': true },
  'denied-moved': { ...moved, 'allowlist-source-range': 'nobody' },
  'denied-root': { 'app-root': '/app', 'allowlist-source-range': 'nobody' },
  'closed-moved': { ...moved, 'allowlist-source-range': '10.0.0.0/8' },
  'closed-forced': { 'force-ssl-redirect': true, 'allowlist-source-range': '10.0.0.0/8' },
  'cors-moved': { ...moved, 'enable-cors': true },
  'cors-shut': { 'enable-cors': true, 'auth-url': 'SHUT' },
  'cors-signin': { 'enable-cors': true, 'auth-url': 'SHUT', 'auth-signin': 'https://login.test/' },
  'cors-off': { 'enable-cors': false, 'cors-allow-origin': 'https://a.test', 'cors-max-age': 5 },
  'two-names': { 'allowlist-source-range': '10.0.0.0/8', 'whitelist-source-range': '127.0.0.0/8' },
  'two-exempt': {
    'limit-rpm': 1,
    'limit-burst-multiplier': 1,
    'limit-allowlist': '10.0.0.0/8',
    'limit-whitelist': '192.0.2.0/24',
  },
  'exempt-alias': { 'limit-rpm': 1, 'limit-burst-multiplier': 1, 'limit-whitelist': '192.0.2.0/24' },
  'own-deny': { 'denylist-source-range': '10.0.0.0/8' },
  'deny-and-auth': { 'denylist-source-range': '127.0.0.1', 'auth-url': 'AUTH' },
  'deny-or-auth': { 'denylist-source-range': '127.0.0.1', 'auth-url': 'AUTH', satisfy: 'any' },
  'deny-or-shut': { 'denylist-source-range': '127.0.0.1', 'auth-url': 'SHUT', satisfy: 'any' },
  'satisfy-alone': { satisfy: 'any' },
  'global-off': { 'enable-global-auth': false, 'auth-url': 'SHUT' },
  'cookie-alone': {
    'session-cookie-name': 'route',
    'session-cookie-max-age': 5,
    'affinity-mode': 'persistent',
  },
  'canary-off': { 'canary-weight': 100, 'canary-by-header': 'x-canary' },
  'prefix-alone': { 'x-forwarded-prefix': '/api' },
  'not-handed-on': { 'ssl-passthrough': true },
  'redirect-to-alone': { 'proxy-redirect-to': 'http://else.test/' },
  'rewrite-header': {
    'rewrite-target': '/x',
    'upstream-vhost': 'inner.test',
    'request-headers': 'set X-A: b',
  },
};

const rows: readonly Row[] = [
  ['rewrite-moved', 'a redirect, not a rewrite', {}, { status: 301, location: 'http://new.test/' }],
  ['root-moved', 'app-root before a redirect', {}, { status: 302, location: 'http://root-moved.test/app' }],
  ['root-moved', 'the redirect of all else', { path: '/x' }, { status: 301, location: 'http://new.test/' }],
  [
    'root-rewritten',
    'app-root before a rewrite',
    {},
    { status: 302, location: 'http://root-rewritten.test/app' },
  ],
  ['root-rewritten', 'the rewrite of all else', { path: '/app' }, { status: 200, url: '/new' }],
  ['root-relative', 'app-root is absolute', {}, { status: 302, location: 'http://root-relative.test/app' }],
  ['codes-moved', 'the temporal one, with its own code', {}, { status: 302, location: 'http://soon.test/' }],
  ['code-alone', 'codes mean nothing alone', {}, { status: 200 }],
  ['forced-anyway', 'HTTPS is forced', {}, { status: 308, location: 'https://forced-anyway.test' }],
  ['denied-moved', 'what is broken does not redirect', {}, { status: 503 }],
  ['denied-root', 'app-root is of the host', {}, { status: 302 }],
  ['denied-root', 'what is broken is closed', { path: '/app' }, { status: 503 }],
  ['closed-moved', 'redirects come before lists', {}, { status: 301 }],
  ['closed-forced', 'HTTPS comes before lists', {}, { status: 308 }],
  ['cors-moved', 'preflights come before redirects', { method: 'OPTIONS', headers: origin }, { status: 204 }],
  [
    'cors-moved',
    'redirects have the headers',
    { headers: origin },
    { status: 301, headers: { 'access-control-allow-origin': '*' } },
  ],
  ['cors-shut', 'a preflight needs no permission', { method: 'OPTIONS', headers: origin }, { status: 204 }],
  ['cors-shut', 'a request does', { headers: origin }, { status: 401 }],
  [
    'cors-signin',
    'the way to sign in has the headers',
    { headers: origin },
    { status: 302, headers: { 'access-control-allow-origin': '*' } },
  ],
  [
    'cors-off',
    'no headers when it is off',
    { headers: origin },
    { status: 200, headers: { 'access-control-allow-origin': undefined } },
  ],
  ['two-names', 'the newer name counts', from('10.1.1.1'), { status: 200 }],
  ['two-names', 'the older one does not', from('127.0.0.1'), { status: 403 }],
  ['usual', 'the list of the ConfigMap', from('203.0.113.1'), { status: 403 }],
  ['own-deny', 'a list of its own', from('10.1.1.1'), { status: 403 }],
  ['own-deny', 'instead of that of the ConfigMap', from('203.0.113.1'), { status: 200 }],
  ['deny-and-auth', 'both must agree', from('127.0.0.1'), { status: 403 }],
  ['deny-or-auth', 'one is enough: the service', from('127.0.0.1'), { status: 200 }],
  ['deny-or-shut', 'none agrees', from('127.0.0.1'), { status: 401 }],
  ['satisfy-alone', 'nothing to satisfy', {}, { status: 200 }],
  ['global-off', 'its own service is asked', {}, { status: 401 }],
  ['cookie-alone', 'no session, no cookie', {}, { status: 200, headers: { 'set-cookie': undefined } }],
  ['canary-off', 'rules of a canary that is none', {}, { status: 200, backend: 'web' }],
  ['prefix-alone', 'no prefix without a rewrite', {}, { status: 200 }],
  ['not-handed-on', 'without the flag nothing is handed on', {}, { status: 200, backend: 'web' }],
  [
    'redirect-to-alone',
    'what stands for nothing',
    {},
    { status: 200, headers: { location: 'http://inner.test/x' } },
  ],
  ['rewrite-header', 'all three', { path: '/a?b=c' }, { status: 200, url: '/x?b=c' }],
];

describe('annotations of one Ingress that concern the same', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', { headers: { location: 'http://inner.test/x' } });
    const auth = await stage.backend('auth');
    const shut = await stage.backend('shut', { status: 401 });
    const copies = await stage.backend('copies');
    const filled = (short: Short): Short =>
      Object.fromEntries(
        Object.entries(short).map(([name, value]) => [
          name,
          String(value)
            .replace('AUTH', `http://127.0.0.1:${auth.port}/`)
            .replace('SHUT', `http://127.0.0.1:${shut.port}/`),
        ]),
      );
    const settings = { 'use-forwarded-headers': 'true', 'denylist-source-range': '203.0.113.0/24' };
    stage.write('class.yaml', ingressClass(), configMap('settings', settings));
    for (const [name, short] of Object.entries(sites))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: filled(short) }));
    const copied = { 'mirror-target': `http://127.0.0.1:${copies.port}/`, 'proxy-body-size': '1k' };
    stage.write('copied.yaml', ...site('copied', { places: [web], with: copied }));
    const program = await stage.start({ flags: ['--configmap=default/settings', '--sync-rate-limit=20'] });
    return { program, shut, copies };
  });

  for (const [host, what, { path = '/', ...options }, wanted] of rows) {
    it(`${host}: ${what}`, async () => {
      const answer = await the().program.http(`${host}.test`, path, options);
      expect(answer.status, answer.text).to.equal(wanted.status);
      if (wanted.location !== undefined) expect(answer.headers.location).to.equal(wanted.location);
      for (const [name, value] of Object.entries(wanted.headers ?? {}))
        expect(answer.headers[name], name).to.equal(value);
      if (wanted.url !== undefined) expect(answer.echo().url).to.equal(wanted.url);
      if (wanted.backend !== undefined) expect(answer.echo().backend).to.equal(wanted.backend);
    });
  }

  it('no service is asked about a preflight', async () => {
    const { program, shut } = the();
    const before = shut.requests();
    await program.http('cors-shut.test', '/', { method: 'OPTIONS', headers: origin });
    expect(shut.requests()).to.equal(before);
  });

  for (const [host, address, statuses] of [
    ['two-exempt', '10.1.1.1', [200]],
    ['two-exempt', '192.0.2.1', [200, 503]],
    ['exempt-alias', '192.0.2.1', [200]],
    ['exempt-alias', '10.1.1.1', [200, 503]],
  ] as const) {
    it(`${host}: requests of ${address} get ${statuses.join(' and ')}`, async () => {
      const found = new Set<number>();
      for (let time = 0; time < 6; time++)
        found.add((await the().program.http(`${host}.test`, '/', from(address))).status);
      expect([...found].sort()).to.deep.equal(statuses);
    });
  }

  it('a body that is too large is not copied either', async () => {
    const { program, copies } = the();
    const post = (bytes: number) =>
      program.http('copied.test', '/', { method: 'POST', body: 'x'.repeat(bytes) });
    expect((await post(1025)).status).to.equal(413);
    expect((await post(1024)).status).to.equal(200);
    await eventually(() => expect(copies.requests()).to.equal(1));
  });

  it('the order of limits in nginx.conf is that of ingress-nginx', async () => {
    const { program, stage } = the();
    const all = { 'limit-rpm': 1000, 'limit-rps': 1000, 'limit-connections': 1000 };
    await program.reloadAfter(() => stage.write('limits.yaml', ...site('limits', { places: [], with: all })));
    const text = await program.nginxConf();
    const server = text.slice(text.indexOf('## start server limits.test'));
    expect(
      server
        .match(/limit_(?:conn|req) \S*/g)
        ?.slice(0, 3)
        .map((words) => words.split('_').at(-1)),
    ).to.deep.equal(['conn', 'rps', 'rpm']);
  });
});
