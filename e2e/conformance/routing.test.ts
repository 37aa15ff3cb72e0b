/** Host rules and path rules, as the conformance suite of the Ingress API asks for them. */
import { expect } from 'chai';
import { ingressOf, openSite } from './site.ts';
import type { PathSpec, Rule, Site } from './site.ts';

interface Scenario {
  readonly what: string;
  /** `NS` is replaced with the namespace. */
  readonly rules: readonly Rule[];
  /** Host and path to the Service or the status; the first must be a Service. */
  readonly requests: readonly (readonly [host: string, path: string, wanted: string | number])[];
}

const rule = (host: string, ...paths: readonly PathSpec[]): Rule => ({ host, paths });
const all = (to: string): PathSpec => ({ path: '/', to });

const hosts: readonly Scenario[] = [
  {
    what: 'an exact host, in any case, and no other',
    rules: [rule('exact.NS.test', all('one'))],
    requests: [
      ['exact.NS.test', '/', 'one'],
      ['EXACT.NS.test', '/', 'one'],
      ['exact.NS.test:80', '/', 'one'],
      ['other.NS.test', '/', 404],
      ['a.exact.NS.test', '/', 404],
    ],
  },
  {
    what: 'a wildcard covers exactly one label',
    rules: [rule('*.wild.NS.test', all('one'))],
    requests: [
      ['a.wild.NS.test', '/', 'one'],
      ['b-c.wild.NS.test', '/', 'one'],
      ['wild.NS.test', '/', 404],
      ['a.b.wild.NS.test', '/', 404],
    ],
  },
  {
    what: 'an exact host before a wildcard',
    rules: [rule('*.mixed.NS.test', all('one')), rule('own.mixed.NS.test', all('two'))],
    requests: [
      ['own.mixed.NS.test', '/', 'two'],
      ['any.mixed.NS.test', '/', 'one'],
    ],
  },
  {
    what: 'a rule without a host is for hosts that no rule names',
    rules: [rule('', { path: '/NS', to: 'one' }), rule('named.NS.test', { path: '/x', to: 'two' })],
    requests: [
      ['unknown.NS.test', '/NS', 'one'],
      ['10.0.0.1', '/NS/x', 'one'],
      ['named.NS.test', '/x', 'two'],
      ['named.NS.test', '/NS', 404],
    ],
  },
  {
    what: 'the same path on two hosts',
    rules: [
      rule('first.NS.test', { path: '/same', to: 'one' }),
      rule('second.NS.test', { path: '/same', to: 'two' }, { path: '/own', to: 'three' }),
    ],
    requests: [
      ['first.NS.test', '/same', 'one'],
      ['second.NS.test', '/same', 'two'],
      ['second.NS.test', '/own', 'three'],
      ['first.NS.test', '/own', 404],
    ],
  },
  {
    what: 'two hosts of one Ingress',
    rules: [rule('left.NS.test', all('one')), rule('right.NS.test', all('two'))],
    requests: [
      ['left.NS.test', '/', 'one'],
      ['right.NS.test', '/', 'two'],
    ],
  },
];

function paths(what: string, list: readonly PathSpec[], wanted: Readonly<Record<string, string | number>>) {
  const host = `${what.toLowerCase().replaceAll(/[^a-z]+/g, '-')}.NS.test`;
  const requests = Object.entries(wanted).map(([path, answer]) => [host, path, answer] as const);
  return { what, rules: [rule(host, ...list)], requests } satisfies Scenario;
}

const pathRules: readonly Scenario[] = [
  paths('Exact path', [{ path: '/foo', type: 'Exact', to: 'one' }], {
    '/foo': 'one',
    '/foo?a=b': 'one',
    '/foo/': 404,
    '/foo/bar': 404,
    '/FOO': 404,
    '/bar': 404,
  }),
  paths(
    'several Exact paths',
    [
      { path: '/foo', type: 'Exact', to: 'one' },
      { path: '/bar', type: 'Exact', to: 'two' },
      { path: '/FOO', type: 'Exact', to: 'three' },
    ],
    { '/foo': 'one', '/bar': 'two', '/FOO': 'three', '/Foo': 404, '/foo/bar': 404 },
  ),
  paths('Exact path with a slash', [{ path: '/foo/', type: 'Exact', to: 'one' }], {
    '/foo/': 'one',
    '/foo/x': 404,
  }),
  paths('Prefix path', [{ path: '/foo', to: 'one' }], {
    '/foo': 'one',
    '/foo/': 'one',
    '/foo/bar/baz': 'one',
    '/FOO': 404,
    '/': 404,
  }),
  paths('Prefix compares whole elements', [{ path: '/aaa/bbb', to: 'one' }], {
    '/aaa/bbb/ccc': 'one',
    '/aaa/bbb': 'one',
    '/aaa/bbbxyz': 404,
    '/aaa': 404,
  }),
  paths(
    'Prefix of the same beginning',
    [
      { path: '/aaa/bb', to: 'one' },
      { path: '/aaa/bbb', to: 'two' },
    ],
    {
      '/aaa/bb': 'one',
      '/aaa/bb/c': 'one',
      '/aaa/bbb': 'two',
      '/aaa/bbb/c': 'two',
      '/aaa/b': 404,
      '/aaa/bbbb': 404,
    },
  ),
  paths(
    'Prefix tells case apart',
    [
      { path: '/foo', to: 'one' },
      { path: '/FOO', to: 'two' },
    ],
    { '/foo/x': 'one', '/FOO/x': 'two', '/Foo': 404 },
  ),
  // The suite wants the Service for "/foo", too; nginx, and so ingress-nginx, redirects to the path with the slash.
  paths('Prefix path with a slash', [{ path: '/foo/', to: 'one' }], {
    '/foo/': 'one',
    '/foo/bar': 'one',
    '/foo': 301,
    '/foobar': 404,
  }),
  paths('Prefix of everything', [all('one')], { '/': 'one', '/any/thing': 'one', '/?a': 'one' }),
  paths('longest Prefix wins', [all('one'), { path: '/aaa', to: 'two' }, { path: '/aaa/bbb', to: 'three' }], {
    '/aaa/bbb': 'three',
    '/aaa/bbb/c': 'three',
    '/aaa/ccc': 'two',
    '/ccc': 'one',
  }),
  paths(
    'longest Prefix wins in any order',
    [
      { path: '/aaa/bbb', to: 'three' },
      { path: '/aaa', to: 'two' },
    ],
    { '/aaa/bbb/c': 'three', '/aaa/bbbc': 'two', '/aaa': 'two', '/ccc': 404, '/': 404 },
  ),
  paths(
    'Prefix and Exact apart by a slash',
    [
      { path: '/foo', to: 'one' },
      { path: '/foo/', type: 'Exact', to: 'two' },
    ],
    { '/foo': 'one', '/foo/': 'two', '/foo/x': 'one' },
  ),
  paths(
    'Exact before Prefix',
    [
      { path: '/foo', to: 'one' },
      { path: '/foo', type: 'Exact', to: 'two' },
    ],
    { '/foo': 'two', '/foo/': 'one', '/foo/x': 'one' },
  ),
  paths(
    'Exact before a longer way round',
    [
      { path: '/', to: 'one' },
      { path: '/foo/bar', type: 'Exact', to: 'two' },
    ],
    { '/foo/bar': 'two', '/foo/bar/': 'one', '/foo': 'one' },
  ),
  // Free for every controller: ingress-nginx takes it for Prefix.
  paths('implementation specific', [{ path: '/foo', type: 'ImplementationSpecific', to: 'one' }], {
    '/foo': 'one',
    '/foo/x': 'one',
    '/foobar': 404,
  }),
  paths('dots are dots', [{ path: '/a.b', to: 'one' }], { '/a.b': 'one', '/axb': 404 }),
];

describe('conformance: routing', () => {
  let site: Site;
  const here = (text: string) => text.replaceAll('NS', site.namespace);
  const scenarios = [...hosts, ...pathRules];

  before(async () => {
    site = await openSite('routing', ['one', 'two', 'three']);
    const objects = scenarios.map(({ rules }, index) => ingressOf(`scenario-${index}`, { rules }));
    await site.apply(...objects.map(here));
    for (const { requests } of scenarios) {
      const [first] = requests;
      if (first !== undefined) await site.ask.until({ host: here(first[0]), path: here(first[1]) }, first[2]);
    }
  });

  after(() => site.close());

  for (const { what, requests } of scenarios) {
    it(what, async () => {
      for (const [host, path, wanted] of requests) {
        const reply = await site.ask.http({ host: here(host), path: here(path) });
        const got = typeof wanted === 'number' ? reply.status : reply.service;
        expect(got, `${host}${path}: ${reply.status}`).to.equal(wanted);
      }
    });
  }
});
