import { expect } from 'chai';
import { graphOf, ingress, prefix, problemsOf, service, slice } from '../testing/terse.ts';
import type { TerseIngress } from '../testing/terse.ts';
import type { Graph } from './graph.ts';

const web = [service(), slice()];

function build(...inputs: readonly TerseIngress[]): Graph {
  return graphOf([...inputs.map(ingress), ...web]);
}

function paths(graph: Graph, host: string): readonly string[] {
  return (
    graph.hosts
      .find(({ name }) => name === host)
      ?.paths.map(({ path, type, owner }) => `${type} ${path} ${owner?.name ?? '-'}`) ?? []
  );
}

describe('hosts of rules', () => {
  const refused = ['UPPER.test', 'a..b', 'a b', 'a;b', '*', 'a/b', `${'a'.repeat(64)}.test`];
  for (const host of refused) {
    it(`refuses ${host.slice(0, 20)}, and keeps the other rules`, () => {
      const graph = build({ rules: { [host]: ['/'], 'good.test': ['/'] } });
      expect(graph.hosts.map(({ name }) => name)).to.deep.equal(['_', 'good.test']);
      expect(problemsOf(graph)).to.deep.equal(['host-invalid Ingress default/web spec.rules[0].host']);
    });
  }
});

describe('paths', () => {
  const refused: readonly (readonly [string, { readonly path: string; readonly type?: string }])[] = [
    ['no leading slash', { path: 'x' }],
    ['regular expression with Prefix', { path: '/a(b)' }],
    ['regular expression with Exact', { path: '/a$', type: 'Exact' }],
    ['a space with Prefix', { path: '/a b' }],
    ['a line break', { path: '/a\nreturn 200;', type: 'ImplementationSpecific' }],
    ['NUL', { path: '/a\0', type: 'ImplementationSpecific' }],
    ['more than nginx takes', { path: `/${'a'.repeat(4100)}`, type: 'ImplementationSpecific' }],
  ];
  for (const [what, path] of refused) {
    it(`refuses ${what}, and keeps the other paths`, () => {
      const graph = build({ rules: { 'a.test': [path, '/good'] } });
      expect(problemsOf(graph)).to.deep.equal([
        'path-invalid Ingress default/web spec.rules[0].http.paths[0].path',
      ]);
      expect(paths(graph, 'a.test')).to.deep.equal(['Prefix /good web', 'Prefix / web']);
    });
  }

  it('refuses an unknown path type', () => {
    const graph = build({ rules: { 'a.test': [{ path: '/a', type: 'Regex' }] } });
    expect(problemsOf(graph)).to.deep.equal([
      'path-type-unknown Ingress default/web spec.rules[0].http.paths[0].pathType',
    ]);
  });

  it('takes an empty path as /, and ImplementationSpecific as Prefix', () => {
    const graph = build({ rules: { 'a.test': [{}, { path: '/b', type: 'ImplementationSpecific' }] } });
    expect(paths(graph, 'a.test')).to.deep.equal(['Prefix /b web', 'Prefix / web']);
  });

  it('takes what Prefix may hold: letters, digits, dot, underscore, dash, slash', () => {
    expect(build({ rules: { 'a.test': ['/A1._-/x'] } }).problems).to.deep.equal([]);
  });

  it('leaves a path without a usable backend out, and warns', () => {
    for (const to of ['web:bad port', 'Bad', 'web:70000']) {
      const graph = build({ rules: { 'a.test': [{ path: '/x', to }] } });
      expect(problemsOf(graph), to).to.deep.equal([
        'backend-invalid Ingress default/web spec.rules[0].http.paths[0].backend',
      ]);
      expect(paths(graph, 'a.test')).to.deep.equal(['Prefix / web']);
    }
  });
});

describe('names', () => {
  for (const input of [{ name: 'a"; }' }, { namespace: '../x' }, { name: 'A' }] as const) {
    it(`leaves an Ingress called ${JSON.stringify(input)} out`, () => {
      const graph = build({ ...input, rules: { 'a.test': ['/'] } });
      expect(graph.hosts.map(({ name }) => name)).to.deep.equal(['_']);
      expect(graph.problems.map(({ code }) => code)).to.deep.equal(['name-invalid']);
    });
  }
});

describe('annotations', () => {
  const outcomes: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ['a good value', { 'proxy-read-timeout': '30' }, ''],
    ['a bad value with a default', { 'proxy-read-timeout': '30s' }, 'annotation-invalid'],
    ['an empty value', { 'proxy-read-timeout': '' }, ''],
    ['one that nobody knows', { 'proxy-reed-timeout': '1' }, 'annotation-unknown'],
  ];
  for (const [what, annotations, code] of outcomes) {
    it(`${what} leaves the Ingress in force`, () => {
      const graph = build({ rules: { 'a.test': ['/'] }, with: annotations });
      expect(graph.hosts.map(({ name }) => name)).to.include('a.test');
      expect(graph.problems.map((problem) => problem.code)).to.deep.equal(code === '' ? [] : [code]);
      expect(graph.hosts.at(-1)?.paths[0]?.owner?.state).to.equal('accepted');
    });
  }

  it('a bad value that must not be ignored leaves the Ingress out', () => {
    const graph = build({ rules: { 'a.test': ['/'] }, with: { 'client-body-buffer-size': '1b' } });
    expect(graph.hosts.map(({ name }) => name)).to.deep.equal(['_']);
    expect(problemsOf(graph)).to.deep.equal([
      `annotation-invalid Ingress default/web metadata.annotations["${prefix}/client-body-buffer-size"]`,
    ]);
  });

  for (const name of ['whitelist-source-range', 'denylist-source-range']) {
    it(`a bad ${name} denies rather than serves openly`, () => {
      const graph = build({ rules: { 'a.test': ['/'] }, with: { [name]: '10.0.0.0/99' } });
      expect(graph.hosts.at(-1)?.paths[0]?.owner?.state).to.equal('denied');
    });
  }

  it('auth-type without auth-secret denies rather than serves openly', () => {
    const graph = build({ rules: { 'a.test': ['/'] }, with: { 'auth-type': 'basic' } });
    expect(graph.hosts.at(-1)?.paths[0]?.owner?.state).to.equal('denied');
    expect(problemsOf(graph)).to.deep.equal([
      `annotation-invalid Ingress default/web metadata.annotations["${prefix}/auth-type"]`,
    ]);
  });

  it('says once what is wrong with auth-secret', () => {
    const graph = build({
      rules: { 'a.test': ['/'] },
      with: { 'auth-type': 'basic', 'auth-secret': 'a;b' },
    });
    expect(graph.hosts.at(-1)?.paths[0]?.owner?.state).to.equal('denied');
    expect(problemsOf(graph)).to.deep.equal([
      `annotation-invalid Ingress default/web metadata.annotations["${prefix}/auth-secret"]`,
    ]);
  });

  it('a canary makes no host and takes nothing from the primary', () => {
    const canary = {
      name: 'canary',
      created: '2020-01-01T00:00:00Z',
      with: { canary: 'true' },
      rules: { 'a.test': ['/'], 'b.test': ['/'] },
    };
    const graph = build({ rules: { 'a.test': ['/'] } }, canary);
    expect(graph.hosts.map(({ name }) => name)).to.deep.equal(['_', 'a.test']);
    expect(paths(graph, 'a.test')).to.deep.equal(['Prefix / web']);
    expect(build({ rules: { 'a.test': ['/'] }, with: { canary: 'false' } }).hosts).to.have.length(2);
  });

  for (const [name, value, warned] of [
    ['canary-weight', '10', true],
    ['canary-by-header', 'X-Canary', true],
    ['canary-weight', '0', false],
    ['canary-weight-total', '1000', false],
  ] as const) {
    it(`${name}: ${value} ${warned ? 'warns' : 'says nothing'} where there is no canary`, () => {
      const graph = build({ rules: { 'a.test': ['/'] }, with: { [name]: value } });
      expect(graph.problems.map(({ code }) => code)).to.deep.equal(warned ? ['canary-disabled'] : []);
    });
  }

  const sticky = { affinity: 'cookie', 'use-regex': 'true' };
  for (const [what, annotations, path, warned] of [
    ['an expression', sticky, '/api/(v1|v2)', true],
    ['a path that is none', sticky, '/api', false],
    ['a path of its own', { ...sticky, 'session-cookie-path': '/api' }, '/api/(v1|v2)', false],
    ['no cookie', { 'use-regex': 'true' }, '/api/(v1|v2)', false],
    ['no use-regex', { affinity: 'cookie', 'rewrite-target': '/$1' }, '/api/(v1|v2)', false],
  ] as const) {
    it(`a cookie with ${what} ${warned ? 'warns' : 'says nothing'} about its path`, () => {
      const rules = { 'a.test': [{ path, type: 'ImplementationSpecific' }] };
      const [problem] = build({ rules, with: annotations }).problems;
      expect(problem?.code).to.equal(warned ? 'cookie-path-missing' : undefined);
      if (!warned) return;
      expect(problem?.field).to.equal(`metadata.annotations["${prefix}/session-cookie-path"]`);
      expect(problem?.message).to.match(
        /^session-cookie-path should be set when use-regex is true: the path "\/api\/\(v1\|v2\)".*; write the beg/,
      );
    });
  }

  it('only looks at its own prefix', () => {
    const graph = graphOf(
      [ingress({ rules: { 'a.test': ['/'] }, with: { 'proxy-read-timeout': 'bad' } }), ...web],
      { annotationsPrefix: 'other.example' },
    );
    expect(graph.problems).to.deep.equal([]);
  });
});
