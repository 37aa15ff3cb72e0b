import { expect } from 'chai';
import { flags } from '../config/flags/table.ts';
import { graphOf, graphOptions, ingress, prefix, service, slice } from '../testing/terse.ts';
import type { TerseIngress } from '../testing/terse.ts';
import { budgetTable } from './budgets.ts';
import type { Budgets } from './budgets.ts';
import type { Graph, ParsedIngress } from './graph.ts';

function build(inputs: readonly TerseIngress[], budgets: Partial<Budgets> = {}): Graph {
  return graphOf([...inputs.map(ingress), service(), slice()], {
    budgets: { ...graphOptions.budgets, ...budgets },
  });
}

function lines({ problems }: Graph): readonly string[] {
  return problems.map(({ severity, code, field, message }) => `${severity} ${code} ${field}: ${message}`);
}

function paths({ hosts }: Graph): readonly string[] {
  return hosts.flatMap(({ name, paths: own }) =>
    own.flatMap(({ path, owner }) => (owner === null ? [] : [`${name}${path}`])),
  );
}

/** Of the first path of a host. */
function ownerOf({ hosts }: Graph, host: string): ParsedIngress | null {
  return hosts.find(({ name }) => name === host)?.paths[0]?.owner ?? null;
}

const regex = { path: '/a(b)', type: 'ImplementationSpecific' };
const at = (name: string) => `metadata.annotations["${prefix}/${name}"]`;

interface Row {
  readonly budgets: Partial<Budgets>;
  readonly within: TerseIngress;
  readonly above: TerseIngress;
  readonly problem: string;
}

const rows: Readonly<Record<string, Row>> = {
  'paths of one Ingress': {
    budgets: { paths: 3 },
    within: { rules: { 'a.test': ['/a', '/b'], 'b.test': ['/c'] } },
    above: { rules: { 'a.test': ['/a', '/b'], 'b.test': ['/c', '/d'] } },
    problem:
      'spec.rules: has 4 paths, and one Ingress may have 3 (--max-paths-per-ingress); those behind them are left out; ' +
      'divide it into several Ingresses',
  },
  'rules without paths': {
    budgets: { paths: 3 },
    within: { rules: { 'a.test': [], 'b.test': [], 'c.test': [] } },
    above: { rules: { 'a.test': [], 'b.test': [], 'c.test': [], 'd.test': [] } },
    problem:
      'spec.rules: has 4 paths, and one Ingress may have 3 (--max-paths-per-ingress); those behind them are left out; ' +
      'divide it into several Ingresses',
  },
  'regular expressions of paths': {
    budgets: { expressionBytes: 10 },
    within: { with: { 'use-regex': 'true' }, rules: { 'a.test': ['/12345', '/789'] } },
    above: { with: { 'use-regex': 'true' }, rules: { 'a.test': ['/12345', '/7890', '/'] } },
    problem:
      'spec.rules: has regular expressions of 12 bytes together in paths and aliases, and one Ingress may have 10 ' +
      '(--max-regex-bytes-per-ingress); paths from spec.rules[0].http.paths[1] on are left out, 2 of them; ' +
      'write shorter ones, or divide it into several Ingresses',
  },
  'regular expressions of paths and aliases': {
    budgets: { expressionBytes: 10 },
    within: { with: { 'server-alias': '~a.b,x.test' }, rules: { 'a.test': [regex, '/plain-text'] } },
    above: { with: { 'server-alias': '~a.bc,~d' }, rules: { 'a.test': [regex, '/plain-text'] } },
    problem:
      'spec.rules: has regular expressions of 12 bytes together in paths and aliases, and one Ingress may have 10 ' +
      '(--max-regex-bytes-per-ingress); paths from spec.rules[0].http.paths[0] on are left out, 1 of them; ' +
      'write shorter ones, or divide it into several Ingresses',
  },
  'aliases of one Ingress': {
    budgets: { aliases: 2 },
    within: { with: { 'server-alias': 'x.test,y.test' }, rules: { 'a.test': ['/'] } },
    above: { with: { 'server-alias': 'x.test,y.test,z.test' }, rules: { 'a.test': ['/'] } },
    problem:
      `${at('server-alias')}: has 3 names, and one Ingress may have 2 (--max-aliases-per-ingress); those behind them are left out; ` +
      'write a wildcard, or rules for the other names',
  },
  ...Object.fromEntries(
    [
      ['allowlist-source-range', 'all paths of the Ingress answer 503'],
      ['whitelist-source-range', 'all paths of the Ingress answer 503'],
      ['denylist-source-range', 'all paths of the Ingress answer 503'],
      ['limit-allowlist', 'the Ingress is left out'],
    ].map(([name = '', effect]) => [
      `addresses of ${name}`,
      {
        budgets: { addresses: 2 },
        within: { with: { [name]: '1.1.1.1,2.2.2.2,1.1.1.1' }, rules: { 'a.test': ['/'] } },
        above: { with: { [name]: '1.1.1.1,2.2.2.2,3.3.3.0/24' }, rules: { 'a.test': ['/'] } },
        problem:
          `${at(name)}: holds 3 addresses and networks, and one list may hold 2 (--max-addresses-per-list); ${effect}; ` +
          'join them into larger networks',
      },
    ]),
  ),
};

describe('budgets', () => {
  for (const [name, { budgets, within, above, problem }] of Object.entries(rows)) {
    it(`say nothing at the most ${name}`, () => {
      expect(lines(build([within], budgets))).to.deep.equal([]);
    });

    it(`name what is wrong one above the most ${name}, once`, () => {
      expect(lines(build([above], budgets))).to.deep.equal([`refused budget-exceeded ${problem}`]);
    });

    it(`of 0 allow any number of ${name}`, () => {
      const none = Object.fromEntries(Object.keys(budgets).map((budget) => [budget, Infinity]));
      expect(lines(build([above], none))).to.deep.equal([]);
    });
  }

  for (const { flag } of Object.values(budgetTable)) {
    it(`have a flag, --${flag}, of which 0 means any number`, () => {
      expect(flags[flag]).to.deep.include({ type: 'uint32', effect: 'now', group: 'own' });
      expect(flags[flag].doc).to.match(/0 means any number\.$/);
    });
  }
});

describe('what exceeds a budget', () => {
  it('is left out from the first path beyond on, with hosts that have no other', () => {
    const graph = build(
      [{ rules: { 'a.test': ['/', '/a', '/b'], 'b.test': ['/', '/c'], 'c.test': ['/'] } }],
      {
        paths: 4,
      },
    );
    expect(paths(graph)).to.deep.equal(['a.test/b', 'a.test/a', 'a.test/', 'b.test/']);
    expect(ownerOf(graph, 'a.test')?.state).to.equal('accepted');
  });

  it('still asks clients of its hosts for certificates, also where only others have paths', () => {
    const open = { name: 'open', created: '2026-06-01T00:00:00Z', rules: { 'b.test': ['/'] } };
    const closing = {
      with: { 'auth-tls-secret': 'default/ca' },
      rules: { 'a.test': ['/'], 'b.test': ['/'] },
    };
    const graph = build([closing, open], { paths: 1 });
    expect(graph.hosts.map(({ name }) => name)).to.deep.equal(['_', 'a.test', 'b.test']);
    expect(ownerOf(graph, 'b.test')?.name).to.equal('open');
    expect([...graph.clientAuth.keys()]).to.deep.equal(['a.test', 'b.test']);
  });

  it('is not looked at: a fault in it is no Problem', () => {
    const graph = build([{ rules: { 'a.test': ['/', 'bad'], 'Bad.Host': ['/'] } }], { paths: 1 });
    expect(graph.problems.map(({ code }) => code)).to.deep.equal(['budget-exceeded']);
  });

  it('is an expression, while plain paths of the same Ingress stay', () => {
    const long = { path: '/a(bcdefgh)', type: 'ImplementationSpecific' };
    const graph = build([{ rules: { 'a.test': [long, '/plain-and-long', regex] } }], { expressionBytes: 10 });
    expect(paths(graph)).to.deep.equal(['a.test/plain-and-long', 'a.test/']);
  });

  it('is a path of a rewrite, since that makes all of the host expressions', () => {
    const graph = build([{ with: { 'rewrite-target': '/x' }, rules: { 'a.test': ['/abc', '/defg'] } }], {
      expressionBytes: 8,
    });
    expect(paths(graph)).to.deep.equal(['a.test/abc', 'a.test/']);
  });

  it('is each alias behind the last that counts', () => {
    const graph = build([{ with: { 'server-alias': 'z.test,b.test,c.test' }, rules: { 'a.test': ['/'] } }], {
      aliases: 2,
    });
    expect(graph.hosts.at(-1)?.aliases).to.deep.equal(['b.test', 'z.test']);
  });

  for (const [name, state] of [
    ['allowlist-source-range', 'denied'],
    ['denylist-source-range', 'denied'],
    ['limit-allowlist', undefined],
  ] as const) {
    it(`closes an Ingress with a ${name} that is too long`, () => {
      const graph = build([{ with: { [name]: '1.1.1.1,2.2.2.2' }, rules: { 'a.test': ['/'] } }], {
        addresses: 1,
      });
      expect(ownerOf(graph, 'a.test')?.state).to.equal(state);
    });
  }

  it('is measured for each Ingress by itself', () => {
    const one = { name: 'one', rules: { 'a.test': ['/a', '/b'] } };
    const other = { name: 'other', rules: { 'a.test': ['/c', '/d'] } };
    expect(build([one, other, { name: 'x' }], { paths: 2 }).problems).to.deep.equal([]);
  });
});

it('defaults let an Ingress have 3000 paths and a list 3000 addresses', () => {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
  const networks = (count: number) =>
    numbers(count)
      .map((index) => `10.0.${index >> 8}.${index & 255}`)
      .join();
  const spec = (count: number): TerseIngress => ({
    rules: { 'a.test': numbers(count).map((index) => `/p${index}`) },
    with: { 'denylist-source-range': networks(count) },
  });
  expect(build([spec(3000)]).problems).to.deep.equal([]);
  expect(build([spec(3001)]).problems.map(({ use }) => use)).to.deep.equal([
    { budget: 'addresses', has: 3001 },
    { budget: 'paths', has: 3001 },
  ]);
});
