/** Annotations of several Ingresses that speak about the same host, path or Service (compat/annotations.md, cross-cutting 11 and 12). */
import { expect } from 'chai';
import { connect as connectTls } from 'node:tls';
import { endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import { annotations, site } from '../harness/sites.ts';
import type { SiteSpec } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

interface Wanted {
  readonly status: number;
  readonly location?: string;
  readonly backend?: string;
}

interface Asked {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Row = readonly [host: string, what: string, asked: Asked, wanted: Wanted];

const moved = { 'permanent-redirect': 'http://new.test/' };
const OLD = '2026-01-01T00:00:00Z';
const YOUNG = '2026-01-02T00:00:00Z';
const AES128 = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256';
const AES256 = 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384';

describe('annotations of several Ingresses that concern the same', () => {
  const the = useStage(async (stage) => {
    const all = await Promise.all(['one', 'two', 'three'].map((name) => stage.backend(name)));
    const [one, two] = all;
    if (one === undefined || two === undefined) throw new Error('no backends');
    /** An old and a young Ingress of one host; the young one has another path unless it says otherwise. */
    const pair = (name: string, old: Short, young: Short, path = '/young'): void => {
      const host = `${name}.test`;
      const spec = (created: string, short: Short, rest: Partial<SiteSpec>): SiteSpec => ({
        places: [one],
        host,
        created,
        with: short,
        ...rest,
      });
      stage.write(`${name}-old.yaml`, ...site(`${name}-old`, spec(OLD, old, {})));
      stage.write(
        `${name}-young.yaml`,
        ...site(`${name}-young`, spec(YOUNG, young, { path, places: [two] })),
      );
    };
    stage.write('class.yaml', ingressClass());
    pair('same', {}, moved, '/');
    pair('beside', moved, {});
    pair('beside-young', {}, moved);
    pair('roots', { 'app-root': '/old' }, { 'app-root': '/young' });
    pair('late-root', {}, { 'app-root': '/young' });
    pair('aliases', { 'server-alias': 'old-alias.test' }, { 'server-alias': 'young-alias.test' });
    pair('late-alias', {}, { 'server-alias': 'late-young.test' });
    pair('alias-a', { 'server-alias': 'wanted.test' }, {});
    pair('alias-b', { 'server-alias': 'wanted.test' }, {});
    pair('names', {}, { 'from-to-www-redirect': true });
    pair('www-and-alias', { 'from-to-www-redirect': true }, { 'server-alias': 'www.www-and-alias.test' });
    pair('ciphers', { 'ssl-ciphers': AES128 }, { 'ssl-ciphers': AES256 });
    pair('late-ciphers', {}, { 'ssl-ciphers': AES256 });
    pair(
      'preferring',
      { 'ssl-prefer-server-ciphers': true, 'ssl-ciphers': `${AES256}:${AES128}` },
      { 'ssl-prefer-server-ciphers': false },
    );
    pair(
      'obeying',
      { 'ssl-prefer-server-ciphers': false, 'ssl-ciphers': `${AES256}:${AES128}` },
      { 'ssl-prefer-server-ciphers': true },
    );
    const limit = { 'limit-rpm': 1, 'limit-burst-multiplier': 2 };
    pair('limits', limit, limit);
    pair('lists', { 'allowlist-source-range': '10.0.0.0/8' }, {});
    pair('broken', { 'denylist-source-range': 'nobody' }, {});
    pair('left-out', { 'server-alias': 'a b', 'permanent-redirect': 'http://new.test/' }, {});
    const canary = (name: string, short: Short) => {
      pair(name, {}, {});
      stage.write(
        `${name}-canary.yaml`,
        ingress(`${name}-canary`, {
          created: YOUNG,
          annotations: annotations({ canary: true, ...short }),
          rules: { [`${name}.test`]: `${name}-young` },
        }),
      );
    };
    canary('canary-moved', { 'canary-weight': 100, ...moved, 'server-alias': 'canary-alias.test' });
    canary('canary-broken', { 'canary-weight': 100, 'allowlist-source-range': 'nobody' });
    canary('canary-rules', {
      'canary-by-header': 'x-to',
      'canary-by-header-value': 'blue',
      'canary-by-header-pattern': '^gr',
      'canary-by-cookie': 'to',
      'canary-weight': 0,
    });
    const balanced: Readonly<Record<string, Short>> = {
      hashed: { 'upstream-hash-by': '$arg_key', 'load-balance': 'ewma' },
      sticky: { 'upstream-hash-by': '$arg_key', 'load-balance': 'ewma', affinity: 'cookie' },
      spread: { 'load-balance': 'round_robin', 'upstream-hash-by-subset': true },
    };
    for (const [name, short] of Object.entries(balanced))
      stage.write(`${name}.yaml`, ...site(name, { places: all, with: short }));
    stage.write(
      'shared.yaml',
      service('shared'),
      ...endpoints('shared', all),
      ingress('shared-z', {
        created: OLD,
        rules: { 'shared-z.test': 'shared' },
        annotations: annotations({ 'upstream-hash-by': '$arg_key' }),
      }),
      ingress('shared-a', {
        created: YOUNG,
        rules: { 'shared-a.test': 'shared' },
        annotations: annotations({ 'load-balance': 'round_robin' }),
      }),
    );
    return { program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  const more: readonly Row[] = [
    [
      'same',
      'the older one has the path, and all annotations of the younger count for nothing',
      {},
      { status: 200, backend: 'one' },
    ],
    ['beside', 'each path has its own', { path: '/young' }, { status: 200, backend: 'two' }],
    ['beside', 'the redirect stays with its path', {}, { status: 301 }],
    ['beside-young', 'the other way round', {}, { status: 200, backend: 'one' }],
    ['beside-young', 'the redirect of the younger', { path: '/young' }, { status: 301 }],
    [
      'roots',
      'the longest path has the root of the host',
      {},
      { status: 302, location: 'http://roots.test/young' },
    ],
    [
      'late-root',
      'any path has it for the host',
      {},
      { status: 302, location: 'http://late-root.test/young' },
    ],
    ['old-alias', 'names of the oldest with some', {}, { status: 200, backend: 'one' }],
    ['young-alias', 'not those of the others', {}, { status: 404 }],
    ['late-young', 'of the younger when the older has none', {}, { status: 200, backend: 'one' }],
    ['wanted', 'a name that two hosts want serves one of them', {}, { status: 200, backend: 'one' }],
    ['lists', 'a list is of its paths', {}, { status: 403 }],
    ['lists', 'and of no others', { path: '/young' }, { status: 200 }],
    ['broken', 'what is broken is closed', {}, { status: 503 }],
    ['broken', 'and nothing else', { path: '/young' }, { status: 200, backend: 'two' }],
    ['left-out', 'what is left out has no path', {}, { status: 404 }],
    ['left-out', 'the host stays with the others', { path: '/young' }, { status: 200, backend: 'two' }],
    ['canary-moved', 'a canary has the annotations of the primary', {}, { status: 200, backend: 'two' }],
    ['canary-alias', 'a canary has no names', {}, { status: 404 }],
    ['canary-broken', 'what is broken on a canary stops nobody', {}, { status: 200 }],
    [
      'canary-rules',
      'a value before a pattern',
      { headers: { 'x-to': 'blue' } },
      { status: 200, backend: 'two' },
    ],
    [
      'canary-rules',
      'a pattern beside a value counts for nothing',
      { headers: { 'x-to': 'green' } },
      { status: 200, backend: 'one' },
    ],
    [
      'canary-rules',
      'the header decides first',
      { headers: { 'x-to': 'blue', cookie: 'to=never' } },
      { status: 200, backend: 'two' },
    ],
    [
      'canary-rules',
      'a header that says nothing leaves it to the cookie',
      { headers: { 'x-to': 'red', cookie: 'to=always' } },
      { status: 200, backend: 'two' },
    ],
    ['canary-rules', 'then the weight', {}, { status: 200, backend: 'one' }],
  ];
  for (const [host, what, { path = '/', ...options }, wanted] of more) {
    it(`${host}: ${what}`, async () => {
      const answer = await the().program.http(`${host}.test`, path, options);
      expect(answer.status, answer.text).to.equal(wanted.status);
      if (wanted.location !== undefined) expect(answer.headers.location).to.equal(wanted.location);
      if (wanted.backend !== undefined) expect(answer.echo().backend).to.equal(wanted.backend);
    });
  }

  it('the name that two hosts want is told to the one that does not have it', async () => {
    expect(await the().program.logged(/alias-conflict.*wanted\.test/)).to.match(/default\/alias-[ab]-old/);
  });

  it('a redirect between names is of the host, and keeps its name from aliases', async () => {
    const { program } = the();
    expect((await program.http('www.names.test', '/')).status).to.equal(308);
    expect((await program.http('www.www-and-alias.test', '/')).status).to.equal(308);
  });

  it('limits of two Ingresses count apart', async () => {
    const { program } = the();
    const statuses = async (path: string) => {
      const found: number[] = [];
      for (let time = 0; time < 5; time++) found.push((await program.http('limits.test', path)).status);
      return found.filter((status) => status === 200).length;
    };
    expect(await statuses('/')).to.equal(3);
    expect(await statuses('/young')).to.equal(3);
  });

  async function cipherOf(servername: string, ciphers: string): Promise<string> {
    const options = {
      port: the().program.ports.https,
      host: '127.0.0.1',
      servername,
      ciphers,
      maxVersion: 'TLSv1.2' as const,
      rejectUnauthorized: false,
    };
    return new Promise((resolve) => {
      const socket = connectTls(options, () => {
        resolve(socket.getCipher().standardName.replace(/^.*_AES_(\d+)_.*$/, '$1'));
        socket.destroy();
      });
      socket.once('error', () => resolve('none'));
    });
  }

  for (const [host, offered, wanted] of [
    ['ciphers', AES128, '128'],
    ['ciphers', AES256, 'none'],
    ['late-ciphers', AES256, '256'],
    ['late-ciphers', AES128, 'none'],
    ['preferring', `${AES128}:${AES256}`, '256'],
    ['obeying', `${AES128}:${AES256}`, '128'],
    ['obeying', `${AES256}:${AES128}`, '256'],
  ] as const) {
    it(`${host}: a client that offers ${offered.slice(12, 18)} first gets ${wanted}`, async () => {
      expect(await cipherOf(`${host}.test`, offered)).to.equal(wanted);
    });
  }

  async function servedBy(host: string, key: string, cookie?: string): Promise<readonly string[]> {
    const found = new Set<string>();
    const headers = cookie === undefined ? {} : { cookie };
    for (let time = 0; time < 12; time++) {
      found.add((await the().program.http(host, `/?key=${key}`, { headers })).echo().backend);
    }
    return [...found].sort();
  }

  it('a hash decides, whatever the algorithm is', async () => {
    expect(await servedBy('hashed.test', 'a')).to.have.length(1);
  });

  it('a session decides, whatever the hash is', async () => {
    const first = await the().program.http('sticky.test', '/?key=a');
    const cookie = first.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    const all = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((key) => servedBy('sticky.test', key, cookie)),
    );
    expect(new Set(all.flat())).to.deep.equal(new Set([first.echo().backend]));
  });

  it('a subset means nothing without a hash', async () => {
    expect(await servedBy('spread.test', 'a')).to.deep.equal(['one', 'three', 'two']);
  });

  it('the oldest Ingress of a Service decides how its endpoints are chosen, for all hosts', async () => {
    expect(await servedBy('shared-z.test', 'a')).to.have.length(1);
    expect(await servedBy('shared-a.test', 'a')).to.deep.equal(await servedBy('shared-z.test', 'a'));
  });
});
