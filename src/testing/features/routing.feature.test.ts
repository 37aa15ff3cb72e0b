import { expect } from 'chai';
import { ingress } from '../harness/objects.ts';
import type { PathSpec } from '../harness/objects.ts';
import { useStage } from '../harness/stage.ts';
import { annotate, writeBackends } from './site.ts';

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
      const more = annotations === undefined ? {} : { annotations: annotate(annotations) };
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
