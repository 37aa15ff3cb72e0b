import { expect } from 'chai';
import { graphOf, ingress, problemsOf, service, slice } from '../testing/terse.ts';
import type { TerseIngress } from '../testing/terse.ts';

const services = ['web', 'next', 'other'].flatMap((name) => [
  service({ name }),
  slice({ of: name, addresses: [`10.1.0.${name.length}`] }),
]);

function build(...ingresses: readonly TerseIngress[]) {
  return graphOf([...ingresses.map((input) => ingress(input)), ...services]);
}

/** `host path: canary, …` of each route of a backend. */
function routes(graph: ReturnType<typeof build>, name = 'default-web-80'): readonly string[] {
  const backend = graph.backends.find((entry) => entry.name === name);
  return (backend?.routes ?? []).map(
    ({ host, path, kind, canaries }) =>
      `${host} ${path}${kind === '' ? '' : ` ${kind}`}: ${canaries.map((canary) => canary.backend.key).join(', ')}`,
  );
}

const primary: TerseIngress = { rules: { 'a.test': ['/x', '/y'] } };
const canary = (more: Partial<TerseIngress> = {}): TerseIngress => ({
  name: 'canary',
  created: '2026-02-01T00:00:00Z',
  rules: { 'a.test': [{ path: '/x', to: 'next' }] },
  ...more,
  with: { canary: 'true', 'canary-weight': '10', ...more.with },
});

interface Row {
  readonly ingresses: readonly TerseIngress[];
  readonly routes?: readonly string[];
  readonly problems?: readonly string[];
  /** Default default-web-80. */
  readonly backend?: string;
}

const unattached = (field: string) => [`canary-unattached Ingress default/canary ${field}`];

const rows: Readonly<Record<string, Row>> = {
  'attaches to the path of the same host': {
    ingresses: [primary, canary()],
    routes: ['a.test /x: default/next/80'],
  },
  'does not depend on who is older': {
    ingresses: [primary, canary({ created: '2020-01-01T00:00:00Z' })],
    routes: ['a.test /x: default/next/80'],
  },
  'attaches in another namespace, too': {
    ingresses: [primary, canary({ namespace: 'elsewhere' })],
    routes: ['a.test /x: elsewhere/next/80'],
    problems: ['service-missing Service elsewhere/next'],
  },
  'needs the same path': {
    ingresses: [primary, canary({ rules: { 'a.test': [{ path: '/z', to: 'next' }] } })],
    problems: unattached('spec.rules[0].http.paths[0]'),
  },
  'needs the same host': {
    ingresses: [primary, canary({ rules: { 'b.test': [{ path: '/x', to: 'next' }] } })],
    problems: unattached('spec.rules[0].http.paths[0]'),
  },
  'needs the same type': {
    ingresses: [primary, canary({ rules: { 'a.test': [{ path: '/x', type: 'Exact', to: 'next' }] } })],
    problems: unattached('spec.rules[0].http.paths[0]'),
  },
  'needs another Service': {
    ingresses: [primary, canary({ rules: { 'a.test': [{ path: '/x', to: 'web' }] } })],
    problems: unattached('spec.rules[0].http.paths[0]'),
  },
  'needs a primary at all': {
    ingresses: [canary()],
    problems: unattached('spec.rules[0].http.paths[0]'),
  },
  'tells Exact and Prefix of one text apart': {
    ingresses: [
      { rules: { 'a.test': ['/x', { path: '/x', type: 'Exact' }] } },
      canary({ rules: { 'a.test': [{ path: '/x', type: 'Exact', to: 'next' }] } }),
    ],
    routes: ['a.test /x exact: default/next/80'],
  },
  'may stand beside others, oldest first': {
    ingresses: [
      primary,
      canary({
        name: 'late',
        created: '2026-03-01T00:00:00Z',
        rules: { 'a.test': [{ path: '/x', to: 'other' }] },
      }),
      canary(),
    ],
    routes: ['a.test /x: default/next/80, default/other/80'],
  },
  'of its default backend takes from all paths without a host': {
    ingresses: [{ rules: { '': ['/', '/x'] } }, canary({ rules: {}, defaultBackend: 'next' })],
    routes: ['_ /x: default/next/80', '_ /: default/next/80'],
  },
  'finds nothing where nobody claimed the default': {
    ingresses: [primary, canary({ rules: {}, defaultBackend: 'next' })],
    problems: unattached('spec.defaultBackend'),
  },
  'leaves its Service usable as a primary': {
    ingresses: [primary, canary(), { name: 'own', rules: { 'b.test': [{ path: '/', to: 'next' }] } }],
    backend: 'default-next-80',
    routes: [],
  },
};

describe('a canary', () => {
  for (const [what, { ingresses, routes: wanted = [], problems = [], backend }] of Object.entries(rows)) {
    it(what, () => {
      const graph = build(...ingresses);
      expect(routes(graph, backend)).to.deep.equal(wanted);
      expect(problemsOf(graph)).to.deep.equal(problems);
    });
  }

  it('without rules in an http section harms nobody', () => {
    const strange = ingress(canary());
    const graph = graphOf([
      ingress(primary),
      { ...strange, spec: { ...strange.spec, rules: [{ host: 'a.test' }] } },
    ]);
    expect(graph.hosts.map(({ name }) => name)).to.deep.equal(['_', 'a.test']);
  });

  const weights: readonly (readonly [Readonly<Record<string, string>>, number, number])[] = [
    [{ 'canary-weight': '10' }, 10, 100],
    [{ 'canary-weight': '-3' }, 0, 100],
    [{ 'canary-weight': '10', 'canary-weight-total': '50' }, 10, 100],
    [{ 'canary-weight': '10', 'canary-weight-total': '1000' }, 10, 1000],
  ];
  for (const [given, weight, weightTotal] of weights) {
    it(`${JSON.stringify(given)} is ${weight} of ${weightTotal}`, () => {
      const graph = build(primary, canary({ with: given }));
      const found = graph.backends.find(({ name }) => name === 'default-web-80')?.routes[0]?.canaries[0];
      expect(found?.rules).to.include({ weight, weightTotal });
    });
  }
});
