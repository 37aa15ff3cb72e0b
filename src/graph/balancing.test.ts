import { expect } from 'chai';
import { graphOf, ingress, service, slice } from '../testing/terse.ts';
import type { TerseIngress } from '../testing/terse.ts';

function backend(...ingresses: readonly TerseIngress[]) {
  const graph = graphOf([...ingresses.map((input) => ingress(input)), service(), slice()]);
  return graph.backends.find(({ name }) => name === 'default-web-80');
}

const older = (more: TerseIngress): TerseIngress => ({
  name: 'older',
  created: '2020-01-01T00:00:00Z',
  ...more,
});

describe('how endpoints are chosen', () => {
  const rows: readonly (readonly [string, TerseIngress['with'], object])[] = [
    ['nothing is said', {}, { algorithm: null, hashBy: null, subset: null }],
    ['an algorithm', { 'load-balance': 'ewma' }, { algorithm: 'ewma', hashBy: null, subset: null }],
    ['a hash', { 'upstream-hash-by': '$host' }, { algorithm: null, hashBy: '$host', subset: null }],
    [
      'a subset of the usual size',
      { 'upstream-hash-by': '$host', 'upstream-hash-by-subset': 'true' },
      { algorithm: null, hashBy: '$host', subset: 3 },
    ],
    [
      'a subset of a size',
      {
        'upstream-hash-by': '$host',
        'upstream-hash-by-subset': 'true',
        'upstream-hash-by-subset-size': '5',
      },
      { algorithm: null, hashBy: '$host', subset: 5 },
    ],
    [
      'a size without subsets',
      { 'upstream-hash-by': '$host', 'upstream-hash-by-subset-size': '5' },
      { algorithm: null, hashBy: '$host', subset: null },
    ],
  ];
  for (const [what, annotations, wanted] of rows) {
    it(what, () => {
      expect(backend({ rules: { 'a.test': ['/'] }, with: annotations ?? {} })?.balancing).to.deep.equal(
        wanted,
      );
    });
  }

  it('the oldest Ingress of a Service decides, whatever the hosts are called', () => {
    const young: TerseIngress = { rules: { 'a.test': ['/'] }, with: { 'load-balance': 'round_robin' } };
    const old = older({ rules: { 'z.test': ['/'] }, with: { 'load-balance': 'ewma' } });
    expect(backend(young, old)?.balancing.algorithm).to.equal('ewma');
  });
});

const OLD_VALUES: Readonly<Record<string, string>> = {
  'session-cookie-name': 'old',
  'session-cookie-secure': 'false',
  'session-cookie-expires': '20',
  'session-cookie-max-age': '30',
  'session-cookie-path': '/old',
  'session-cookie-domain': 'old.test',
  'session-cookie-samesite': 'Strict',
  'session-cookie-conditional-samesite-none': 'false',
  'session-cookie-change-on-failure': 'false',
};

describe('sessions', () => {
  const sticky = (host: string, more: TerseIngress['with'] = {}): TerseIngress => ({
    rules: { [host]: ['/', '/x'] },
    with: { affinity: 'cookie', ...more },
  });

  it('belong to the paths of the Ingresses that ask for them', () => {
    const found = backend(sticky('a.test'), older({ rules: { 'b.test': ['/'] } }))?.affinity;
    expect(found?.mode).to.equal('balanced');
    expect(found?.locations).to.deep.equal({ 'a.test': ['/x', '/'] });
  });

  it('have the mode of the oldest that names one, and the cookie of the youngest', () => {
    const found = backend(
      sticky('a.test', { 'affinity-mode': 'balanced', 'session-cookie-name': 'young' }),
      older(sticky('b.test', { 'affinity-mode': 'persistent', 'session-cookie-name': 'old' })),
    )?.affinity;
    expect([found?.mode, found?.cookie.name]).to.deep.equal(['persistent', 'young']);
  });

  it('have every attribute of the cookie from the youngest', () => {
    const young = {
      'session-cookie-name': 'young',
      'session-cookie-secure': 'true',
      'session-cookie-expires': '2',
      'session-cookie-max-age': '3',
      'session-cookie-path': '/young',
      'session-cookie-domain': 'young.test',
      'session-cookie-samesite': 'Lax',
      'session-cookie-conditional-samesite-none': 'true',
      'session-cookie-change-on-failure': 'true',
    };
    const old = Object.fromEntries(Object.keys(young).map((name) => [name, OLD_VALUES[name] ?? '']));
    const of = (values: TerseIngress['with'], before: TerseIngress['with']) =>
      backend(sticky('a.test', values), older(sticky('b.test', before)))?.affinity?.cookie;
    expect(of(young, old)).to.deep.equal(of(young, {}));
    // What it does not say is not taken from others.
    expect(of({}, old)).to.deep.equal(of({}, {}));
    expect(of(young, old)).to.not.deep.equal(of(old, young));
  });

  it('are none where only a default backend asks', () => {
    const found = backend({ defaultBackend: 'web', rules: { 'a.test': [] }, with: { affinity: 'cookie' } });
    expect(found?.affinity).to.equal(null);
  });
});
