import { expect } from 'chai';
import { endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import type { IngressSpec, PathSpec } from '../harness/objects.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

const BACKENDS = ['one', 'two', 'three'] as const;

async function writeBackends(stage: Stage): Promise<void> {
  stage.write('class.yaml', ingressClass());
  for (const name of BACKENDS) {
    stage.write(`${name}.yaml`, service(name), ...endpoints(name, [await stage.backend(name)]));
  }
}

const annotate = (values: Readonly<Record<string, string>>): IngressSpec['annotations'] =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`nginx.ingress.kubernetes.io/${name}`, value]),
  );

/** A host with its paths, and what requests get: the name of a backend, a status, or a status and a Location. */
interface Site {
  readonly what: string;
  readonly host: string;
  readonly paths: readonly PathSpec[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly requests: Readonly<Record<string, string | number>>;
}

const plain: readonly Site[] = [
  {
    what: 'Prefix /foo',
    host: 'prefix.test',
    paths: [{ path: '/foo', to: 'one' }],
    requests: {
      '/foo': 'one',
      '/foo/': 'one',
      '/foo/x': 'one',
      '/foo?a=b': 'one',
      '/foobar': 404,
      '/FOO': 404,
      '/': 404,
    },
  },
  {
    what: 'Prefix /foo/',
    host: 'slash.test',
    paths: [{ path: '/foo/', to: 'one' }],
    requests: {
      '/foo/': 'one',
      '/foo/x': 'one',
      '/foo': '301 http://slash.test/foo/',
      '/foo?a=b': '301 http://slash.test/foo/?a=b',
      '/foobar': 404,
    },
  },
  {
    what: 'Exact /foo',
    host: 'exact.test',
    paths: [{ path: '/foo', type: 'Exact', to: 'one' }],
    requests: { '/foo': 'one', '/foo?a=b': 'one', '/foo/': 404, '/foo/x': 404, '/FOO': 404 },
  },
  {
    what: 'Prefix /',
    host: 'root.test',
    paths: [{ path: '/', to: 'one' }],
    requests: { '/': 'one', '/a/b/c': 'one', '/?a': 'one' },
  },
  {
    what: 'Exact /',
    host: 'exact-root.test',
    paths: [{ path: '/', type: 'Exact', to: 'one' }],
    requests: { '/': 'one', '/?a=b': 'one', '/x': 404 },
  },
  {
    what: 'Exact /foo before Prefix /foo',
    host: 'both.test',
    paths: [
      { path: '/foo', to: 'two' },
      { path: '/foo', type: 'Exact', to: 'one' },
    ],
    requests: { '/foo': 'one', '/foo/': 'two', '/foo/x': 'two' },
  },
  {
    what: 'ImplementationSpecific, like Prefix',
    host: 'impl.test',
    paths: [{ path: '/foo', type: 'ImplementationSpecific', to: 'one' }],
    requests: { '/foo': 'one', '/foo/x': 'one', '/foobar': 404 },
  },
  {
    what: 'the longest prefix',
    host: 'longest.test',
    paths: [
      { path: '/', to: 'three' },
      { path: '/foo', to: 'one' },
      { path: '/foo/bar', to: 'two' },
    ],
    requests: {
      '/foo': 'one',
      '/foo/ba': 'one',
      '/foo/bar': 'two',
      '/foo/bar/x': 'two',
      '/foo/barx': 'one',
      '/x': 'three',
    },
  },
  {
    what: 'Prefix /foo beside Prefix /foo/',
    host: 'twins.test',
    paths: [
      { path: '/foo', to: 'one' },
      { path: '/foo/', to: 'two' },
    ],
    requests: { '/foo': 'one', '/foo/': 'two', '/foo/x': 'two' },
  },
  {
    what: 'paths with characters that nginx knows',
    host: 'odd.test',
    paths: [
      { path: '/a.b', to: 'one' },
      { path: '/c$d', type: 'ImplementationSpecific', to: 'two' },
      { path: '/e+f~g', type: 'ImplementationSpecific', to: 'three' },
    ],
    requests: { '/a.b': 'one', '/axb': 404, '/c$d/x': 'two', '/e+f~g': 'three' },
  },
];

const regex: readonly Site[] = [
  {
    what: 'expressions: any case, anchored at the start only',
    host: 'regex.test',
    paths: [{ path: '/item/[0-9]+', type: 'ImplementationSpecific', to: 'one' }],
    annotations: { 'use-regex': 'true' },
    requests: {
      '/item/12': 'one',
      '/item/12/x': 'one',
      '/ITEM/1': 'one',
      '/item/12x': 'one',
      '/item/x': 404,
      '/a/item/1': 404,
    },
  },
  {
    what: 'Exact and Prefix lose their ends',
    host: 'loose.test',
    paths: [
      { path: '/exact', type: 'Exact', to: 'one' },
      { path: '/prefix', to: 'two' },
    ],
    annotations: { 'use-regex': 'true' },
    requests: { '/exact': 'one', '/exactly': 'one', '/EXACT/x': 'one', '/prefix': 'two', '/prefixed': 'two' },
  },
  {
    what: 'the longest declared expression',
    host: 'order.test',
    paths: [
      { path: '/a', type: 'ImplementationSpecific', to: 'one' },
      { path: '/a/[a-z]+', type: 'ImplementationSpecific', to: 'two' },
      { path: '/', to: 'three' },
    ],
    annotations: { 'use-regex': 'true' },
    requests: { '/a/b': 'two', '/a/1': 'one', '/b': 'three' },
  },
];

describe('routing', () => {
  const the = useStage(async (stage) => {
    await writeBackends(stage);
    for (const { host, paths, annotations } of [...plain, ...regex]) {
      const more = annotations === undefined ? {} : { annotations: annotate(annotations) ?? {} };
      stage.write(`${host}.yaml`, ingress(host, { rules: { [host]: paths }, ...more }));
    }
    stage.write(
      'more.yaml',
      // A plain Ingress on a host that another one makes a regex host.
      ingress('plain-on-regex', { rules: { 'regex.test': [{ path: '/plain.path', to: 'two' }] } }),
      ingress('wild', { rules: { '*.wild.test': 'one' } }),
      ingress('wild-own', { rules: { 'own.wild.test': 'two' } }),
      ingress('z-older', { rules: { 'conflict.test': 'one' }, created: '2025-01-01T00:00:00Z' }),
      ingress('a-newer', {
        rules: { 'conflict.test': [{ to: 'two' }, { path: '/free', to: 'two' }] },
        created: '2026-01-01T00:00:00Z',
      }),
      ingress('foreign', { rules: { 'foreign.test': 'one' }, className: 'other' }),
      ingress('resource', { rules: { 'empty-path.test': [{ path: '', to: 'one' }] } }),
    );
    return { program: await stage.start() };
  });

  async function expectAnswer(host: string, path: string, wanted: string | number): Promise<void> {
    const answer = await the().program.http(host, path);
    if (typeof wanted === 'number') expect(answer.status).to.equal(wanted);
    else if (/^\d/.test(wanted)) expect(`${answer.status} ${answer.headers.location}`).to.equal(wanted);
    else expect(answer.echo()).to.include({ backend: wanted, url: path });
  }

  function itRoutes({ what, host, requests }: Pick<Site, 'what' | 'host' | 'requests'>): void {
    for (const [path, wanted] of Object.entries(requests)) {
      it(`${what}: ${path} gets ${wanted}`, () => expectAnswer(host, path, wanted));
    }
  }

  describe('on plain hosts', () => {
    for (const site of plain) itRoutes(site);
    itRoutes({ what: 'an empty path is /', host: 'empty-path.test', requests: { '/': 'one', '/x': 'one' } });
  });

  describe('on regex hosts', () => {
    for (const site of regex) itRoutes(site);
    itRoutes({
      what: 'a plain path of another Ingress is an expression, too',
      host: 'regex.test',
      requests: { '/plain.path': 'two', '/plainxpath': 'two', '/plain.pathology': 'two' },
    });
  });

  describe('by host', () => {
    const hosts: readonly (readonly [host: string, wanted: string | number])[] = [
      ['root.test', 'one'],
      ['ROOT.Test', 'one'],
      ['root.test.', 'one'],
      ['root.test:8080', 'one'],
      ['a.wild.test', 'one'],
      ['own.wild.test', 'two'],
      ['a.b.wild.test', 404],
      ['wild.test', 404],
      ['.wild.test', 404],
      ['unknown.test', 404],
      ['127.0.0.1', 404],
      ['foreign.test', 404],
    ];
    for (const [host, wanted] of hosts) {
      it(`Host: ${host} gets ${wanted}`, () => expectAnswer(host, '/', wanted));
    }
  });

  describe('conflicts', () => {
    it('the older Ingress keeps the path', () => expectAnswer('conflict.test', '/', 'one'));
    it('the newer one has its other paths', () => expectAnswer('conflict.test', '/free', 'two'));
    it('the owner of the newer one is told', async () => {
      const line = await the().program.logged(/default\/a-newer/);
      expect(line)
        .to.match(/^W\d{4}/)
        .and.include('default/z-older');
    });
  });
});

describe('rewrites', () => {
  const the = useStage(async (stage) => {
    await writeBackends(stage);
    const type = 'ImplementationSpecific';
    stage.write(
      'sites.yaml',
      ingress('captures', {
        rules: { 'captures.test': [{ path: '/api(/|$)(.*)', type, to: 'one' }] },
        annotations:
          annotate({ 'rewrite-target': '/$2', 'use-regex': 'true', 'x-forwarded-prefix': '/api' }) ?? {},
      }),
      ingress('fixed', {
        rules: { 'fixed.test': [{ path: '/old', to: 'one' }] },
        annotations: annotate({ 'rewrite-target': '/new' }) ?? {},
      }),
      ingress('same', {
        rules: { 'same.test': [{ path: '/app', to: 'one' }] },
        annotations: annotate({ 'x-forwarded-prefix': '/app' }) ?? {},
      }),
    );
    return { program: await stage.start() };
  });

  const rewritten: readonly (readonly [host: string, path: string, url: string])[] = [
    ['captures.test', '/api/v1/x', '/v1/x'],
    ['captures.test', '/api/v1/x?q=1&r=2', '/v1/x?q=1&r=2'],
    ['captures.test', '/api', '/'],
    ['captures.test', '/api/', '/'],
    ['captures.test', '/API/Case', '/Case'],
    ['fixed.test', '/old', '/new'],
    ['fixed.test', '/old/x?q=1', '/new?q=1'],
  ];
  for (const [host, path, url] of rewritten) {
    it(`${host}${path} reaches the backend as ${url}`, async () => {
      expect((await the().program.http(host, path)).echo().url).to.equal(url);
    });
  }

  it('X-Forwarded-Prefix comes with a rewrite only', async () => {
    const { program } = the();
    expect((await program.http('captures.test', '/api/x')).echo().headers).to.include({
      'x-forwarded-prefix': '/api',
    });
    expect((await program.http('same.test', '/app')).echo().headers).to.not.have.property(
      'x-forwarded-prefix',
    );
  });

  it('the other forwarded headers stay with a rewrite', async () => {
    const { headers } = (await the().program.http('captures.test', '/api/x')).echo();
    expect(headers).to.include({
      host: 'captures.test',
      'x-forwarded-host': 'captures.test',
      'x-real-ip': '127.0.0.1',
    });
  });

  it('what a rewrite does not match is 404', async () => {
    expect(await the().program.http('captures.test', '/apix')).to.include({ status: 404 });
  });
});

describe('default backends', () => {
  const the = useStage(async (stage) => {
    await writeBackends(stage);
    stage.write(
      'sites.yaml',
      ingress('catch-all', { defaultBackend: 'three' }),
      ingress('host-less', { rules: { '': [{ path: '/everywhere', to: 'one' }] } }),
      ingress('own', { rules: { 'own.test': [{ path: '/x', to: 'one' }] }, defaultBackend: 'two' }),
      ingress('without', { rules: { 'without.test': [{ path: '/x', to: 'one' }] } }),
    );
    return { program: await stage.start() };
  });

  const requests: readonly (readonly [host: string, path: string, wanted: string | number])[] = [
    ['unknown.test', '/', 'three'],
    ['unknown.test', '/a/b?c', 'three'],
    ['unknown.test', '/everywhere', 'one'],
    ['another.test', '/everywhere/x', 'one'],
    ['own.test', '/x', 'one'],
    ['own.test', '/y', 'two'],
    ['own.test', '/everywhere', 'two'],
    ['without.test', '/x', 'one'],
    ['without.test', '/y', 404],
  ];
  for (const [host, path, wanted] of requests) {
    it(`http://${host}${path} gets ${wanted}`, async () => {
      const answer = await the().program.http(host, path);
      if (typeof wanted === 'number') expect(answer.status).to.equal(wanted);
      else expect(answer.echo()).to.include({ backend: wanted, url: path });
    });
  }

  it('the health check of the catch-all server stays', async () => {
    expect(await the().program.http('unknown.test', '/healthz')).to.include({ status: 200, text: '' });
  });
});
