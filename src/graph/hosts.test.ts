import { expect } from 'chai';
import { graphOf, ingress, problemsOf, service, slice } from '../testing/terse.ts';
import type { TerseIngress } from '../testing/terse.ts';
import type { Graph } from './graph.ts';
import type { GraphOptions } from './options.ts';

function build(inputs: readonly TerseIngress[], options: Partial<GraphOptions> = {}): Graph {
  return graphOf([...inputs.map(ingress), service(), slice()], options);
}

/** `type path -> backend (owner)` of each path of a host. */
function table(graph: Graph, host: string): readonly string[] {
  const found = graph.hosts.find(({ name }) => name === host);
  return (found?.paths ?? []).map(
    ({ path, type, backend, owner }) =>
      `${type} ${path} -> ${graph.backendName(backend)} (${owner?.name ?? ''})`,
  );
}

const old = { created: '2025-01-01T00:00:00Z' };
const young = { created: '2026-06-01T00:00:00Z' };

describe('one host of many Ingresses', () => {
  it('has the paths of all of them, longest first, equal lengths from the end', () => {
    const graph = build([
      { name: 'a', rules: { 'x.test': ['/a', '/long/path'] } },
      { name: 'b', rules: { 'x.test': ['/b', '/'] } },
    ]);
    expect(table(graph, 'x.test')).to.deep.equal([
      'Prefix /long/path -> default-web-80 (a)',
      'Prefix /b -> default-web-80 (b)',
      'Prefix /a -> default-web-80 (a)',
      'Prefix / -> default-web-80 (b)',
    ]);
  });

  it('gives a path to the oldest, and tells the others', () => {
    const graph = build([
      { name: 'young', ...young, rules: { 'x.test': [{ path: '/', to: 'young' }] } },
      { name: 'old', ...old, rules: { 'x.test': [{ path: '/', to: 'old' }] } },
      { name: 'third', ...young, rules: { 'x.test': ['/'] } },
    ]);
    expect(table(graph, 'x.test')).to.deep.equal(['Prefix / -> default-old-80 (old)']);
    expect(
      graph.problems
        .filter(({ code }) => code === 'path-conflict')
        .map(({ object, message }) => `${object.name}: ${message}`),
    ).to.deep.equal(
      [
        'young: host "x.test" and path "/" is already defined in ingress default/old, which had it first; use another host or path',
        'third: host "x.test" and path "/" is already defined in ingress default/old, which had it first; use another host or path',
      ]
        .sort()
        .reverse(),
    );
  });

  it('keeps Exact and Prefix of one path apart, a third of either is a conflict', () => {
    const graph = build([
      { name: 'c', rules: { 'x.test': ['/p'] } },
      { name: 'b', rules: { 'x.test': [{ path: '/p', type: 'Exact' }] } },
      { name: 'a', rules: { 'x.test': [{ path: '/p', type: 'Exact' }] } },
    ]);
    expect(table(graph, 'x.test').slice(0, 2)).to.deep.equal([
      'Prefix /p -> default-web-80 (c)',
      'Exact /p -> default-web-80 (b)',
    ]);
    expect(problemsOf(graph)).to.deep.equal([
      'path-conflict Ingress default/a spec.rules[0].http.paths[0].path',
    ]);
  });

  it('gives a repeated path of one Ingress to its first', () => {
    const graph = build([{ rules: { 'x.test': [{ path: '/p' }, { path: '/p', to: 'other' }] } }]);
    expect(table(graph, 'x.test')[0]).to.equal('Prefix /p -> default-web-80 (web)');
    expect(problemsOf(graph)).to.deep.equal([
      'path-conflict Ingress default/web spec.rules[0].http.paths[1].path',
    ]);
    // Nobody loses anything, so that the webhook does not refuse it, as ingress-nginx does not.
    expect(graph.problems[0]).to.include({ severity: 'warning' });
    expect(graph.problems[0]?.message).to.include('stand twice in this Ingress');
  });

  it('has its Prefix / before an Exact one, whoever takes it over', () => {
    const exact = { path: '/', type: 'Exact', to: 'exact' } as const;
    const implicit = build([{ rules: { 'x.test': [exact] } }]);
    expect(table(implicit, 'x.test')).to.deep.equal([
      'Prefix / -> upstream-default-backend (web)',
      'Exact / -> default-exact-80 (web)',
    ]);
    const declared = build([
      { name: 'old', ...old, rules: { 'x.test': [exact] } },
      { name: 'young', ...young, rules: { 'x.test': ['/'] } },
    ]);
    expect(table(declared, 'x.test')).to.deep.equal([
      'Prefix / -> default-web-80 (young)',
      'Exact / -> default-exact-80 (old)',
    ]);
  });

  it('has an implicit / with the annotations and the default backend of its first Ingress', () => {
    const graph = build([
      { name: 'first', ...old, defaultBackend: 'fallback', rules: { 'x.test': ['/a'] } },
      { name: 'second', rules: { 'x.test': ['/b'] } },
    ]);
    expect(table(graph, 'x.test').at(-1)).to.equal('Prefix / -> default-fallback-80 (first)');
    const plain = build([{ name: 'only', rules: { 'x.test': ['/a'] } }]);
    expect(table(plain, 'x.test').at(-1)).to.equal('Prefix / -> upstream-default-backend (only)');
  });

  it('exists for a rule without paths', () => {
    expect(table(build([{ rules: { 'x.test': [] } }]), 'x.test')).to.deep.equal([
      'Prefix / -> upstream-default-backend (web)',
    ]);
  });
});

describe('the catch-all host', () => {
  it('always exists, owned by nobody', () => {
    expect(table(build([]), '_')).to.deep.equal(['Prefix / -> upstream-default-backend ()']);
  });

  it('takes rules without a host', () => {
    const graph = build([{ rules: { '': ['/a'] } }]);
    expect(table(graph, '_')).to.deep.equal([
      'Prefix /a -> default-web-80 (web)',
      'Prefix / -> upstream-default-backend ()',
    ]);
  });

  it('belongs to the oldest Ingress with just a default backend', () => {
    const graph = build([
      { name: 'young', ...young, defaultBackend: 'young' },
      { name: 'old', ...old, defaultBackend: 'old' },
    ]);
    expect(table(graph, '_')).to.deep.equal(['Prefix / -> default-old-80 (old)']);
    expect(problemsOf(graph).filter((line) => line.startsWith('default'))).to.deep.equal([
      'default-backend-conflict Ingress default/young spec.defaultBackend',
    ]);
    expect(graph.hosts[0]?.paths[0]?.settings).to.equal('no-redirects');
  });

  it('keeps that default backend for / against rules without a host, older ones too', () => {
    const graph = build([
      { name: 'rule', ...old, rules: { '': [{ path: '/', to: 'rule' }, '/a'] } },
      { name: 'catch-all', ...young, defaultBackend: 'fallback' },
    ]);
    expect(table(graph, '_')).to.deep.equal([
      'Prefix /a -> default-web-80 (rule)',
      'Prefix / -> default-fallback-80 (catch-all)',
    ]);
    expect(problemsOf(graph)).to.include(
      'path-conflict Ingress default/rule spec.rules[0].http.paths[0].path',
    );
  });

  it('takes neither expressions nor rewrites from the Ingress that it belongs to', () => {
    const catchAll = { name: 'catch-all', defaultBackend: 'fallback' };
    for (const annotations of [{ 'use-regex': 'true' }, { 'rewrite-target': '/new' }]) {
      const graph = build([
        { ...catchAll, with: annotations },
        { name: 'rule', rules: { '': ['/a'] } },
      ]);
      expect(graph.hosts[0]).to.include({ name: '_', matching: 'plain' });
    }
  });

  it('does not belong to an Ingress that also has rules', () => {
    const graph = build([{ defaultBackend: 'fallback', rules: { 'x.test': ['/'] } }]);
    expect(table(graph, '_')).to.deep.equal(['Prefix / -> upstream-default-backend ()']);
  });

  it('is closed with --disable-catch-all, and so is an Ingress that wants it', () => {
    const graph = build(
      [
        { defaultBackend: 'fallback', rules: { 'x.test': ['/'] } },
        { name: 'hostless', rules: { '': ['/a'] } },
      ],
      {
        disableCatchAll: true,
      },
    );
    expect(graph.hosts.map(({ name }) => name)).to.deep.equal(['_']);
    expect(table(graph, '_')).to.have.length(2);
    expect(problemsOf(graph)).to.deep.equal(['catch-all-disabled Ingress default/web spec.defaultBackend']);
  });
});

describe('regular expressions', () => {
  const regex = (graph: Graph, host: string) => graph.hosts.find(({ name }) => name === host)?.matching;

  it('turn the whole host, and no other, once one location wants them', () => {
    const graph = build([
      { name: 'a', rules: { 'x.test': ['/a'], 'y.test': ['/a'] } },
      { name: 'b', rules: { 'x.test': ['/b'] }, with: { 'use-regex': 'true' } },
      { name: 'c', rules: { 'z.test': ['/c'] }, with: { 'rewrite-target': '/new' } },
    ]);
    expect([regex(graph, 'x.test'), regex(graph, 'y.test'), regex(graph, 'z.test')]).to.deep.equal([
      'regex',
      'plain',
      'regex',
    ]);
  });

  it('are not wanted by a rewrite to the path itself, nor by use-regex: false', () => {
    const graph = build([
      { name: 'a', rules: { 'x.test': ['/a'] }, with: { 'use-regex': 'false' } },
      { name: 'b', rules: { 'y.test': [{ path: '/' }] }, with: { 'rewrite-target': '/' } },
    ]);
    expect([regex(graph, 'x.test'), regex(graph, 'y.test')]).to.deep.equal(['plain', 'plain']);
  });

  it('leave out a path that is no expression, with a Problem, and keep the others', () => {
    const graph = build([
      {
        rules: { 'x.test': [{ path: '/a(', type: 'ImplementationSpecific' }, '/b'] },
        with: { 'use-regex': 'true' },
      },
    ]);
    expect(table(graph, 'x.test')).to.deep.equal([
      'Prefix /b -> default-web-80 (web)',
      'Prefix / -> upstream-default-backend (web)',
    ]);
    expect(graph.problems.map(({ code }) => code)).to.deep.equal(['path-invalid']);
  });
});

describe('backend names', () => {
  it('are <ns>-<service>-<port>, by number or name as written', () => {
    const graph = build([
      {
        rules: {
          'x.test': [
            { path: '/a', to: 'web:80' },
            { path: '/b', to: 'web:http' },
          ],
        },
      },
    ]);
    expect(graph.backends.map(({ name }) => name)).to.deep.equal([
      'default-web-80',
      'default-web-http',
      'upstream-default-backend',
    ]);
  });

  it('never make two Services one backend', () => {
    const graph = graphOf([
      ingress({ namespace: 'a', name: 'one', rules: { 'x.test': [{ path: '/', to: 'b-c' }] } }),
      ingress({ namespace: 'a-b', name: 'two', rules: { 'y.test': [{ path: '/', to: 'c' }] } }),
      service({ namespace: 'a', name: 'b-c' }),
      service({ namespace: 'a-b', name: 'c' }),
      slice({ namespace: 'a', of: 'b-c', addresses: ['10.0.0.1'] }),
      slice({ namespace: 'a-b', of: 'c', addresses: ['10.0.0.2'] }),
    ]);
    const backends = graph.backends.filter(({ name }) => name.startsWith('a-b-c-80'));
    expect(
      backends.map(({ target }) => (target.kind === 'endpoints' ? target.endpoints : [])),
    ).to.have.deep.members([['10.0.0.1:8080'], ['10.0.0.2:8080']]);
    expect(new Set(backends.map(({ name }) => name)).size).to.equal(2);
    expect(graph.problems.map(({ code }) => code)).to.deep.equal(['backend-name-collision']);
    const hostBackends = graph.hosts
      .filter(({ name }) => name !== '_')
      .map(({ paths }) => graph.backendName(paths[0]?.backend ?? null));
    expect(new Set(hostBackends).size).to.equal(2);
  });
});
