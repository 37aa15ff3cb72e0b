import { expect } from 'chai';
import { countIn, ingressTable, rowsOf } from './ingresses.ts';
import type { IngressShape } from './objects.ts';

function ingress(spec: IngressShape['spec'], more: Partial<IngressShape> = {}): IngressShape {
  return {
    metadata: { name: 'web', namespace: 'default' },
    ...(spec === undefined ? {} : { spec }),
    ...more,
  };
}

const to = (name: string, port: { readonly number?: number; readonly name?: string }) => ({
  service: { name, port },
});
const short = (object: IngressShape) =>
  rowsOf(object).map(({ host, path, tls, service, port }) => `${host}|${path}|${tls}|${service}|${port}`);

describe('rows of Ingresses', () => {
  const cases: readonly (readonly [what: string, IngressShape, readonly string[]])[] = [
    [
      'each path',
      ingress({
        rules: [
          {
            host: 'a.test',
            http: {
              paths: [
                { path: '/', backend: to('web', { number: 80 }) },
                { path: '/x', backend: to('api', { name: 'http' }) },
              ],
            },
          },
        ],
        tls: [{}, { hosts: ['b.test', 'a.test'] }],
      }),
      ['a.test|/|YES|web|80', 'a.test|/x|YES|api|http'],
    ],
    [
      'a rule without paths',
      ingress({ rules: [{ host: 'a.test' }], defaultBackend: to('web', { number: 80 }) }),
      ['a.test||NO|web|80'],
    ],
    ['a rule without anything', ingress({ rules: [{ host: 'a.test' }] }), ['a.test||NO||']],
    [
      'an Ingress that is a default backend',
      ingress({ defaultBackend: to('web', { number: 80 }) }),
      ['*||NO|web|80'],
    ],
    ['an Ingress without anything', ingress(undefined), []],
    [
      'a backend that is no Service',
      ingress({ rules: [{ http: { paths: [{ path: '/', backend: {} }] } }] }),
      ['|/|NO||0'],
    ],
  ];
  for (const [what, object, rows] of cases)
    it(`has those of ${what}`, () => {
      expect(short(object)).to.deep.equal(rows);
    });

  it('have all addresses', () => {
    const status = {
      loadBalancer: { ingress: [{ ip: '1.2.3.4' }, { hostname: 'lb.test' }, { ip: '', hostname: 'x' }] },
    };
    const [row] = rowsOf(ingress({ defaultBackend: to('web', {}) }, { status }));
    expect(row?.addresses).to.equal('1.2.3.4,lb.test,x');
  });
});

describe('endpoints of Services', () => {
  const slice = (service: string, ...addresses: readonly (readonly string[])[]) => ({
    metadata: { name: 'x', namespace: 'default', labels: { 'kubernetes.io/service-name': service } },
    endpoints: addresses.map((list) => ({ addresses: list })),
  });
  const count = countIn([
    slice('web', ['10.0.0.1'], ['10.0.0.2']),
    slice('web', ['fd00::1', 'fd00::2']),
    { ...slice('none'), endpoints: null },
    { metadata: { name: 'y', namespace: 'default' }, endpoints: [{ addresses: ['10.0.0.9'] }] },
  ]);

  for (const [service, expected] of [
    ['web', 4],
    ['none', 0],
    ['other', null],
  ] as const)
    it(`of ${service} are ${expected}`, () => {
      expect(count('default', service)).to.equal(expected);
    });

  it('are those of the namespace', () => {
    expect(count('elsewhere', 'web')).to.equal(null);
  });
});

describe('table of Ingresses', () => {
  const rows = rowsOf(
    ingress({
      rules: [
        { host: 'long.example.test', http: { paths: [{ path: '/x', backend: to('web', { number: 80 }) }] } },
      ],
      tls: [{ hosts: ['long.example.test'] }],
    }),
  );

  it('is aligned with spaces', () => {
    expect(ingressTable(rows, () => 2, 'one namespace')).to.equal(
      'INGRESS NAME   HOST+PATH             ADDRESSES   TLS   SERVICE   SERVICE PORT   ENDPOINTS\n' +
        'web            long.example.test/x               YES   web       80             2\n',
    );
  });

  it('begins with the namespace where there are several', () => {
    expect(ingressTable(rows, () => null, 'all namespaces')).to.equal(
      'NAMESPACE   INGRESS NAME   HOST+PATH             ADDRESSES   TLS   SERVICE   SERVICE PORT   ENDPOINTS\n' +
        'default     web            long.example.test/x               YES   web       80             N/A\n',
    );
  });
});
