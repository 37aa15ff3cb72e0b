import { expect } from 'chai';
import type { KubeObject } from '../source/objects.ts';
import { configMap, ingress, secret, service, slice } from '../testing/builders/objects.ts';
import { makeKeyPair } from '../testing/builders/certificates.ts';
import { evaluate } from '../testing/builders/pipeline.ts';
import type { ExplainContext } from './context.ts';
import { explainRequest } from './explain.ts';

const PREFIX = 'nginx.ingress.kubernetes.io';
const web = [service(), slice({ addresses: ['10.0.0.1', '10.0.0.2'] })];

function contextOf(objects: readonly KubeObject[], more: Partial<ExplainContext> = {}): ExplainContext {
  const { graph, model, snapshot } = evaluate(objects);
  return {
    wanted: { graph, model, ingresses: snapshot.ingresses },
    serving: model.servers,
    routes: new Map(),
    quarantined: [],
    annotationsPrefix: PREFIX,
    foreign: () => null,
    ...more,
  };
}

function explain(
  address: string,
  objects: readonly KubeObject[],
  more: Partial<ExplainContext> = {},
): string {
  const [host = '', ...path] = address.split('/');
  return explainRequest({ host, path: `/${path.join('/')}` }, contextOf([...web, ...objects], more));
}

describe('explain', () => {
  it('says everything about an ordinary request', () => {
    const shop = ingress({
      name: 'shop',
      host: 'shop.test',
      paths: ['/', '/cart'],
      annotations: { 'proxy-body-size': '8m', 'ssl-redirect': 'false' },
    });
    expect(explain('SHOP.test:80/cart//x?y=1', [shop])).to.equal(
      [
        'Request   shop.test/cart/x',
        'Server    shop.test',
        'In force  yes',
        'TLS       the generated default certificate: no Ingress in force has the host in spec.tls',
        'Location  "/cart/" of Ingress default/shop, path /cart',
        '  before  "/" of Ingress default/shop, path /: the longest prefix counts',
        'Backend   default-web-80: 10.0.0.1:8080 10.0.0.2:8080',
        'Settings  proxy-body-size: 8m',
        '          ssl-redirect: false',
        '',
      ].join('\n'),
    );
  });

  const simple = ingress({ name: 'a', host: 'a.test', paths: ['/x'] });
  const cases: readonly (readonly [
    what: string,
    address: string,
    objects: readonly KubeObject[],
    ...lines: string[],
  ])[] = [
    [
      'a host that nobody names',
      'b.test/',
      [simple],
      'Server    _, the default server: no Ingress that is in force names the host',
      'Backend   upstream-default-backend: no Service: 404',
    ],
    [
      'a path that nobody has',
      'a.test/y',
      [simple],
      'Location  "/", which no Ingress asks for: the default backend, with the settings of Ingress default/a',
    ],
    [
      'an exact path',
      'a.test/x',
      [ingress({ name: 'a', host: 'a.test', paths: ['/x', { path: '/x', type: 'Exact' }] })],
      'Location  = "/x" of Ingress default/a, path /x',
    ],
    [
      'expressions',
      'a.test/x1',
      [
        ingress({
          name: 'a',
          host: 'a.test',
          paths: [{ path: '/x[0-9]', type: 'ImplementationSpecific' }, '/'],
          annotations: { 'use-regex': 'true' },
        }),
      ],
      'Location  ~* "^/x[0-9]" of Ingress default/a, path /x[0-9]',
      '  before  ~* "^/" of Ingress default/a, path /: of expressions, the first that matches counts',
    ],
    [
      'an alias',
      'www.b.test/',
      [ingress({ name: 'a', host: 'a.test', annotations: { 'server-alias': '*.b.test' } })],
      'Server    a.test, by an alias of it',
    ],
    [
      'a wildcard',
      'one.w.test/',
      [ingress({ name: 'a', host: '*.w.test' })],
      'Server    *.w.test, by its wildcard',
      'Location  "/" of Ingress default/a, path /',
    ],
    [
      'a redirect from www',
      'www.a.test/',
      [ingress({ name: 'a', host: 'a.test', annotations: { 'from-to-www-redirect': 'true' } })],
      'Server    www.a.test, which sends everybody to a.test (annotation from-to-www-redirect)',
    ],
    [
      'a redirect of everything',
      'a.test/',
      [ingress({ name: 'a', host: 'a.test', annotations: { 'permanent-redirect': 'https://b.test/' } })],
      'Answer    301 to https://b.test/',
    ],
    [
      'the root of an application',
      'a.test/',
      [ingress({ name: 'a', host: 'a.test', annotations: { 'app-root': '/app' } })],
      'Answer    302 to /app (annotation app-root of default/a)',
    ],
    [
      'a redirect to HTTPS by force',
      'a.test/',
      [ingress({ name: 'a', host: 'a.test', annotations: { 'force-ssl-redirect': 'true' } })],
      'HTTP      308 to https (force-ssl-redirect)',
    ],
    [
      'a missing Secret',
      'a.test/',
      [ingress({ name: 'a', host: 'a.test', tls: [{ hosts: ['a.test'], secretName: 'none' }] })],
      'HTTP      308 to https, since the host has TLS (ssl-redirect)',
    ],
    [
      'a Service without endpoints',
      'a.test/',
      [
        service({ name: 'empty' }),
        ingress({ name: 'a', host: 'a.test', paths: [{ path: '/', service: 'empty' }] }),
      ],
      'Backend   default-empty-80: no endpoints: 503',
    ],
    [
      'a Service that does not exist',
      'a.test/',
      [ingress({ name: 'a', host: 'a.test', paths: [{ path: '/', service: 'gone' }] })],
      'Backend   default-gone-80: no endpoints: 503',
    ],
    [
      'a name elsewhere',
      'a.test/',
      [
        service({ name: 'ext', type: 'ExternalName', externalName: 'far.example.com' }),
        ingress({ name: 'a', host: 'a.test', paths: [{ path: '/', service: 'ext' }] }),
      ],
      'Backend   default-ext-80: the name far.example.com, port 8080, which workers look up',
    ],
    [
      'canaries',
      'a.test/x',
      [
        simple,
        service({ name: 'next' }),
        slice({ service: 'next', addresses: ['10.0.0.9'] }),
        ingress({
          name: 'next',
          host: 'a.test',
          paths: [{ path: '/x', service: 'next' }],
          annotations: { canary: 'true', 'canary-weight': '5', 'canary-by-cookie': 'next' },
        }),
      ],
      'Backend   default-web-80: 10.0.0.1:8080 10.0.0.2:8080',
      '  canary  default-next-80, cookie next: always, weight 5 of 100: 10.0.0.9:8080',
      'Not by    Ingress default/next: a canary: what it gets is said at the backend, if its host and path are those of another Ingress',
    ],
    [
      'protection that is broken',
      'a.test/',
      [
        ingress({
          name: 'a',
          host: 'a.test',
          annotations: { 'auth-type': 'basic', 'auth-secret': 'none' },
        }),
      ],
      'Asks      for a password',
    ],
    [
      'what cannot be set up',
      'a.test/',
      [ingress({ name: 'a', host: 'a.test', annotations: { 'auth-url': 'nonsense' } })],
      'Answer    503: what Ingress default/a asks for cannot be set up, so that nothing of it is open',
    ],
    [
      'a path that an older Ingress has',
      'a.test/x',
      [
        { ...simple },
        ingress({ name: 'late', host: 'a.test', paths: ['/x'], created: '2026-02-01T00:00:00Z' }),
      ],
      'Not by    Ingress default/late: none of its paths is in force; see the problems, if there are any',
    ],
    [
      'an Ingress whose paths do not match',
      'a.test/x',
      [simple, ingress({ name: 'late', host: 'a.test', paths: ['/z', '/zz'] })],
      'Not by    Ingress default/late: none of its paths matches: /z /zz',
    ],
    [
      'an Ingress whose path is shorter',
      'a.test/x/1',
      [simple, ingress({ name: 'late', host: 'a.test' })],
      'Not by    Ingress default/late: its path matches, but comes after the one that serves',
    ],
  ];
  for (const [what, address, objects, ...lines] of cases)
    it(`explains ${what}`, () => {
      const text = explain(address, objects);
      for (const line of lines) expect(text.split('\n'), text).to.include(line);
    });

  it('names problems of the Ingress and of its Service', () => {
    const late = ingress({ name: 'late', host: 'a.test', paths: ['/x'], created: '2026-02-01T00:00:00Z' });
    const text = explain('a.test/x', [
      simple,
      late,
      ingress({ name: 'else', host: 'else.test', paths: ['bad'] }),
    ]);
    expect(text).to.match(/^Problems {2}Ingress default\/late spec\.rules\[0\]\.http\.paths\[0\]/m);
    expect(text).to.not.include('default/else');
  });

  it('names the certificate', async () => {
    const { certificate, key } = await makeKeyPair(['a.test']);
    const tls = [{ hosts: ['a.test'], secretName: 'tls' }];
    const objects = [
      secret({ data: { 'tls.crt': certificate, 'tls.key': key } }),
      ingress({ host: 'a.test', tls }),
    ];
    expect(explain('a.test/', objects)).to.match(
      /^TLS {7}certificate of Secret default\/tls, valid until 20/m,
    );
  });

  it('follows the ConfigMap', () => {
    const settings = configMap({ 'http-redirect-code': '301', 'force-ssl-redirect': 'true' });
    expect(explain('a.test/x', [simple, settings])).to.include(
      'HTTP      301 to https (force-ssl-redirect)\n',
    );
  });

  const { model } = evaluate([...web, simple]);
  const states: readonly (readonly [what: string, Partial<ExplainContext>, line: string])[] = [
    ['nothing serves', { serving: null }, 'In force  no: no configuration serves yet'],
    ['the host is new', { serving: [] }, 'In force  not yet: the host comes with the next reload'],
    [
      'it is a live route',
      { serving: [], routes: new Map([['route:a.test', '{}']]) },
      'In force  yes, as a live route; the next reload puts it into nginx.conf',
    ],
    [
      'another form of it serves',
      { serving: model.servers },
      'In force  not yet: what is said below is newer than what serves, and comes with the next reload',
    ],
    [
      'it is in quarantine',
      { quarantined: [{ kind: 'Ingress', key: 'default/a', message: 'too bad', standIn: 'last-good' }] },
      'Held      Ingress default/a is in quarantine (last-good): too bad',
    ],
  ];
  for (const [what, more, line] of states)
    it(`says that ${what}`, () => {
      expect(explain('a.test/x', [simple], more).split('\n')).to.include(line);
    });

  it('says why others are not for this controller, or held', () => {
    const other = ingress({ name: 'other', host: 'a.test', className: 'haproxy' });
    expect(
      explain('a.test/x', [simple, other], {
        foreign: (one) => (one.metadata.name === 'other' ? 'not ours' : null),
      }),
    ).to.include('Not by    Ingress default/other: not ours\n');
    const quarantined = [{ kind: 'Ingress', key: 'default/other', message: 'bad', standIn: 'confined' }];
    expect(explain('a.test/x', [simple, other], { quarantined })).to.include(
      'Not by    Ingress default/other: in quarantine (confined): bad\n',
    );
  });

  it('names an Ingress that is not in force for a host that nobody else has', () => {
    const other = ingress({ name: 'other', host: 'b.test', className: 'haproxy' });
    expect(explain('b.test/', [other], { foreign: () => 'not ours' })).to.include(
      'Not by    Ingress default/other: not ours\n',
    );
  });
});
