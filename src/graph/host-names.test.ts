import { expect } from 'chai';
import { graphOf, ingress, problemsOf, service } from '../testing/terse.ts';
import type { TerseIngress } from '../testing/terse.ts';

function build(...ingresses: readonly TerseIngress[]) {
  return graphOf([...ingresses.map((input) => ingress(input)), service()]);
}

function aliases(graph: ReturnType<typeof build>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    graph.hosts.filter((host) => host.aliases.length > 0).map((host) => [host.name, host.aliases]),
  );
}

const site = (name: string, host: string, annotations: TerseIngress['with'] = {}): TerseIngress => ({
  name,
  rules: { [host]: ['/'] },
  with: annotations,
});

describe('aliases', () => {
  it('are those of the oldest Ingress that has any, sorted and once each', () => {
    const graph = build(
      site('one', 'a.test'),
      { ...site('two', 'a.test', { 'server-alias': 'late.test' }), created: '2026-03-01T00:00:00Z' },
      {
        ...site('three', 'a.test', { 'server-alias': 'z.test, b.test,z.test' }),
        created: '2026-02-01T00:00:00Z',
      },
    );
    expect(aliases(graph)).to.deep.equal({ 'a.test': ['b.test', 'z.test'] });
  });

  it('never are the name of a host', () => {
    const graph = build(
      site('one', 'a.test', { 'server-alias': 'a.test,b.test,c.test' }),
      site('two', 'b.test'),
    );
    expect(aliases(graph)).to.deep.equal({ 'a.test': ['c.test'] });
    expect(problemsOf(graph)).to.include('alias-conflict Ingress default/one metadata.annotations');
  });

  it('belong to one host', () => {
    const graph = build(
      site('one', 'a.test', { 'server-alias': 'x.test' }),
      site('two', 'b.test', { 'server-alias': 'x.test,y.test' }),
    );
    expect(aliases(graph)).to.deep.equal({ 'a.test': ['x.test'], 'b.test': ['y.test'] });
    expect(problemsOf(graph)).to.include('alias-conflict Ingress default/two metadata.annotations');
  });
});

describe('from-to-www-redirect', () => {
  const www = { 'from-to-www-redirect': 'true' };
  const rows: readonly (readonly [string, readonly TerseIngress[], readonly string[]])[] = [
    ['adds www', [site('one', 'a.test', www)], ['www.a.test>a.test']],
    ['takes www away', [site('one', 'www.a.test', www)], ['a.test>www.a.test']],
    ['leaves hosts that exist alone', [site('one', 'a.test', www), site('two', 'www.a.test')], []],
    ['has no meaning for wildcards', [site('one', '*.a.test', www)], []],
    ['has no meaning without a host', [{ name: 'one', rules: { '': ['/'] }, with: www }], []],
  ];
  for (const [what, ingresses, wanted] of rows) {
    it(what, () => {
      const found = build(...ingresses).redirects.map(({ from, to }) => `${from}>${to}`);
      expect(found).to.deep.equal(wanted);
    });
  }
});
