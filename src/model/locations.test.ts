import { expect } from 'chai';
import { readSettings } from '../config/settings/read.ts';
import { defaultSettings, graphOf, ingress, service, slice } from '../testing/terse.ts';
import type { TerseIngress } from '../testing/terse.ts';
import { createModelBuilder } from './build.ts';
import type { Location, Server } from './model.ts';

function serverOf(host: string, inputs: readonly TerseIngress[], settings = defaultSettings): Server {
  const graph = graphOf([...inputs.map(ingress), service(), slice()]);
  const server = createModelBuilder()
    .build(graph, settings)
    .servers.find((entry) => entry.host === host);
  if (server === undefined) throw new Error(`no server ${host}`);
  return server;
}

/** As in nginx.conf: `= "/x"`, `"/x/"`, `~* "^/x"`. */
function match({ match: { kind, ...rest } }: Location): string {
  const text = 'pattern' in rest ? rest.pattern : rest.path;
  return `${{ prefix: '', exact: '= ', regex: '~* ' }[kind]}${text}`;
}

const matches = (server: Server) => server.locations.map(match);
const exact = (path: string) => ({ path, type: 'Exact' });

describe('locations of a plain host (behaviour 7.4)', () => {
  const cases: readonly {
    readonly what: string;
    readonly paths: NonNullable<TerseIngress['rules']>[string];
    readonly gives: readonly string[];
  }[] = [
    { what: '/ as it is', paths: ['/'], gives: ['/'] },
    { what: 'Prefix /p: below it and itself', paths: ['/p'], gives: ['/p/', '= /p', '/'] },
    { what: 'Prefix /p/: only below it', paths: ['/p/'], gives: ['/p/', '/'] },
    { what: 'Exact /p', paths: [exact('/p')], gives: ['= /p', '/'] },
    { what: 'Exact / beside the implicit prefix', paths: [exact('/')], gives: ['/', '= /'] },
    {
      what: 'Prefix and Exact of one path: each its own',
      paths: ['/p', exact('/p')],
      gives: ['/p/', '= /p', '/'],
    },
    {
      what: 'Prefix /p and /p/: the longer keeps what is below, no duplicate',
      paths: ['/p', '/p/'],
      gives: ['/p/', '= /p', '/'],
    },
    {
      what: 'longest first',
      paths: ['/a', '/a/b', '/a/b/c'],
      gives: ['/a/b/c/', '= /a/b/c', '/a/b/', '= /a/b', '/a/', '= /a', '/'],
    },
  ];
  for (const { what, paths, gives } of cases) {
    it(what, () =>
      expect(matches(serverOf('x.test', [{ rules: { 'x.test': paths } }]))).to.deep.equal(gives),
    );
  }

  it('gives the shared location of /p and /p/ to the longer one', () => {
    const server = serverOf('x.test', [
      {
        rules: {
          'x.test': [
            { path: '/p', to: 'web:80' },
            { path: '/p/', to: 'web:http' },
          ],
        },
      },
    ]);
    expect(
      server.locations.map((entry) => `${match(entry)} ${entry.route.upstream}`).slice(0, 2),
    ).to.deep.equal(['/p/ default-web-http', '= /p default-web-80']);
  });
});

describe('locations of a regex host (behaviour 7.5)', () => {
  it('are all case-insensitive expressions, anchored at the start, longest declared path first', () => {
    const server = serverOf('x.test', [
      { name: 'plain', rules: { 'x.test': ['/foo', exact('/exact.html'), '/'] } },
      {
        name: 'regex',
        rules: { 'x.test': [{ path: '/bar/(.+)', type: 'ImplementationSpecific' }] },
        with: { 'use-regex': 'true' },
      },
    ]);
    expect(matches(server)).to.deep.equal([
      '~* ^/exact.html',
      '~* ^/bar/(.+)',
      '~* ^/foo/',
      '~* ^/foo',
      '~* ^/',
    ]);
  });

  it('rewrite what the pattern finds, and keep the declared path for logs', () => {
    const server = serverOf('x.test', [
      {
        rules: { 'x.test': [{ path: '/api(/|$)(.*)', type: 'ImplementationSpecific' }] },
        with: { 'rewrite-target': '/$2', 'x-forwarded-prefix': '/api' },
      },
    ]);
    const [first, implicit] = server.locations;
    expect(first?.route.rewrite).to.deep.equal({ pattern: '(?i)/api(/|$)(.*)', target: '/$2' });
    expect(first?.route.forwardedPrefix).to.equal('/api');
    expect(first?.route.path).to.equal('/api(/|$)(.*)');
    // The implicit location has the annotations of its Ingress, too.
    expect(implicit?.route.rewrite).to.deep.equal({ pattern: '(?i)/', target: '/$2' });
  });

  it('have no rewrite to the path itself, and no prefix header without a rewrite', () => {
    const same = serverOf('x.test', [
      { rules: { 'x.test': ['/foo'] }, with: { 'rewrite-target': '/foo', 'x-forwarded-prefix': '/y' } },
    ]);
    expect(
      same.locations
        .filter(({ route }) => route.path === '/foo')
        .map(({ route }) => [route.rewrite, route.forwardedPrefix]),
    ).to.deep.equal([
      [null, null],
      [null, null],
    ]);
  });
});

describe('routes', () => {
  it('name the Ingress and what it declares', () => {
    const [location] = serverOf('x.test', [
      { namespace: 'default', name: 'shop', rules: { 'x.test': [{ path: '/a', to: 'web:http' }] } },
    ]).locations;
    expect(location?.route).to.deep.include({
      namespace: 'default',
      ingress: 'shop',
      service: 'web',
      servicePort: 'http',
      path: '/a',
      upstream: 'default-web-http',
      tlsRedirect: 'by-policy',
    });
  });

  it('are empty for the location that nobody owns', () => {
    const [location] = serverOf('_', []).locations;
    expect(location?.route).to.deep.include({
      namespace: '',
      ingress: '',
      service: '',
      servicePort: '',
      path: '',
      upstream: 'upstream-default-backend',
    });
  });

  it('never redirect ACME challenges, and what else the ConfigMap names', () => {
    const never = (settings = defaultSettings) =>
      serverOf(
        'x.test',
        [{ rules: { 'x.test': ['/.well-known/acme-challenge/token', '/open', '/'] } }],
        settings,
      )
        .locations.filter(({ route }) => route.tlsRedirect === 'never')
        .map(({ route }) => route.path);
    expect(new Set(never())).to.deep.equal(new Set(['/.well-known/acme-challenge/token']));
    expect(new Set(never(readSettings({ 'no-tls-redirect-locations': '/open' }).settings))).to.deep.equal(
      new Set(['/open']),
    );
  });
});
