import { expect } from 'chai';
import { backend, configMap, ingress, service, slice } from '../testing/builders/objects.ts';
import { backendOf, evaluate, hostOf, liveMapOf, problemLines } from '../testing/builders/pipeline.ts';
import type { Evaluation } from '../testing/builders/pipeline.ts';
import type { KubeObject } from '../source/objects.ts';

function endpointsOf(evaluation: Evaluation, name: string): readonly string[] {
  const { target } = backendOf(evaluation, name);
  return target.kind === 'endpoints' ? target.endpoints : [`external ${target.host}:${target.port}`];
}

/** One Ingress, Service and slice with an address of its own. */
function application(
  namespace: string,
  name: string,
  address: string,
  port: number | string = 80,
): KubeObject[] {
  return [
    ingress({
      namespace,
      name,
      host: `${name}.${namespace}.test`,
      paths: [{ path: '/', service: name, port }],
    }),
    service({ namespace, name, ports: [{ name: String(port), port: 80, targetPort: 8080 }] }),
    slice({ namespace, service: name, addresses: [address], ports: [{ name: String(port), port: 8080 }] }),
  ];
}

/** The backend that answers "/" of a host. */
function nameFor(evaluation: Evaluation, host: string): string {
  return evaluation.graph.backendName(hostOf(evaluation, host).paths[0]?.backend ?? null);
}

describe('names of backends', () => {
  it('are told apart for any number of Services that would share one (W-05)', () => {
    const applications = [
      application('a', 'b-c-d', '10.0.0.1'),
      application('a-b', 'c-d', '10.0.0.2'),
      application('a-b-c', 'd', '10.0.0.3'),
    ];
    for (const order of [applications, applications.toReversed()]) {
      const evaluation = evaluate(order.flat());
      const names = ['b-c-d.a.test', 'c-d.a-b.test', 'd.a-b-c.test'].map((host) => nameFor(evaluation, host));
      expect(names.map((name) => endpointsOf(evaluation, name))).to.deep.equal([
        ['10.0.0.1:8080'],
        ['10.0.0.2:8080'],
        ['10.0.0.3:8080'],
      ]);
      // Whoever comes first keeps the name, whatever the order of their making.
      expect(names[2]).to.equal('a-b-c-d-80');
      for (const name of names.slice(0, 2)) expect(name).to.match(/^a-b-c-d-80_[0-9a-f]{8}$/);
      expect(problemLines(evaluation)).to.deep.equal([
        'warning backend-name-collision',
        'warning backend-name-collision',
      ]);
    }
  });

  it('cannot be chosen so that they meet a name which was made unique', () => {
    const both = [...application('a', 'b-c', '10.0.0.1'), ...application('a-b', 'c', '10.0.0.2')];
    const unique = nameFor(evaluate(both), 'b-c.a.test');
    const [, digest = ''] = unique.split('_');
    expect(digest).to.have.length(8);
    const evaluation = evaluate([...both, ...application('a', 'b-c-80', '10.0.0.3', digest)]);
    expect(nameFor(evaluation, 'b-c-80.a.test')).to.equal(`a-b-c-80-${digest}`);
    expect(endpointsOf(evaluation, unique)).to.deep.equal(['10.0.0.1:8080']);
  });

  it('cannot be chosen so that they take the place of the default backend', () => {
    const evaluation = evaluate(application('upstream', 'default', '10.0.0.66', 'backend'));
    expect(nameFor(evaluation, 'default.upstream.test')).to.match(/^upstream-default-backend_[0-9a-f]{8}$/);
    expect(endpointsOf(evaluation, 'upstream-default-backend')).to.deep.equal([]);
    expect(evaluation.graph.backendName(null)).to.equal('upstream-default-backend');
    expect(problemLines(evaluation)).to.deep.equal(['warning backend-name-collision']);
  });

  it('change in the rendered routes when another Service takes them', () => {
    const one = application('a-b', 'c', '10.0.0.2');
    expect(nameFor(evaluate(one), 'c.a-b.test')).to.equal('a-b-c-80');
    const { model } = evaluate([...one, ...application('a', 'b-c', '10.0.0.1')]);
    const upstreams = model.servers.flatMap(({ locations }) => locations.map(({ route }) => route.upstream));
    expect(upstreams.filter((name) => name === 'a-b-c-80')).to.have.length(1);
  });
});

describe('backends', () => {
  it('are listed once each, ordered by name, the default among them', () => {
    const { graph } = evaluate([
      ingress({ name: 'one', host: 'a.test', paths: ['/', { path: '/x', service: 'api', port: 'http' }] }),
      ingress({ name: 'two', host: 'b.test', paths: ['/', { path: '/y', service: 'api', port: 80 }] }),
    ]);
    expect(graph.backends.map(({ name }) => name)).to.deep.equal([
      'default-api-80',
      'default-api-http',
      'default-web-80',
      'upstream-default-backend',
    ]);
  });

  it('find their endpoints as the oldest Ingress says (5.3)', () => {
    const with_ = (name: string, created: string, upstream: string) =>
      ingress({ name, created, host: `${name}.test`, annotations: { 'service-upstream': upstream } });
    const objects = [service({ clusterIP: '10.96.0.7' }), slice({ addresses: ['10.0.0.1'] })];
    const [early, late] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'] as const;
    const older = evaluate([...objects, with_('a', early, 'true'), with_('b', late, 'false')]);
    expect(endpointsOf(older, 'default-web-80')).to.deep.equal(['10.96.0.7:80']);
  });
});

describe('the global default backend (5.7)', () => {
  const options = { defaultBackendService: 'ops/fallback' };
  const fallback = service({
    namespace: 'ops',
    name: 'fallback',
    ports: [
      { name: 'first', port: 80, targetPort: 8080 },
      { name: 'second', port: 81, targetPort: 8081 },
    ],
  });

  it('has the endpoints of the first port of the Service that the flag names', () => {
    const endpoints = slice({
      namespace: 'ops',
      service: 'fallback',
      ports: [
        { name: 'second', port: 8081 },
        { name: 'first', port: 8080 },
      ],
    });
    const evaluation = evaluate([fallback, endpoints], { options });
    expect(endpointsOf(evaluation, 'upstream-default-backend')).to.deep.equal(['10.0.0.1:8080']);
    expect(problemLines(evaluation)).to.deep.equal([]);
  });

  const without: Readonly<Record<string, readonly KubeObject[]>> = {
    'is not there': [],
    'has no ports (W-20)': [service({ namespace: 'ops', name: 'fallback', ports: [] })],
    'has no endpoints': [fallback],
  };
  for (const [what, objects] of Object.entries(without)) {
    it(`is answered by the workers when its Service ${what}`, () => {
      const { model } = evaluate(objects, { options });
      const live = JSON.parse(liveMapOf(model).get('backend:upstream-default-backend') ?? '{}') as object;
      expect(live).to.have.property('endpoints').that.deep.equals([]);
      expect('status' in live || objects.length === 1).to.equal(true);
    });
  }

  it('answers what no Ingress claims, but not a path of a Service without endpoints', () => {
    const evaluation = evaluate([ingress({ host: 'a.test', paths: ['/x'] }), service()]);
    const byPath = hostOf(evaluation, 'a.test').paths.map((path) => [
      path.path,
      evaluation.graph.backendName(path.backend),
    ]);
    expect(byPath).to.deep.equal([
      ['/x', 'default-web-80'],
      ['/', 'upstream-default-backend'],
    ]);
  });

  it('is that of the Ingress which made the host, where it has one (6.1)', () => {
    const evaluation = evaluate([
      ingress({ name: 'old', host: 'a.test', paths: ['/x'], defaultBackend: backend('own', 'http') }),
      ingress({
        name: 'new',
        created: '2026-02-01T00:00:00Z',
        host: 'a.test',
        paths: ['/y'],
        defaultBackend: backend('other'),
      }),
      configMap({}),
    ]);
    expect(
      hostOf(evaluation, 'a.test').paths.map(({ path, backend: ref }) => `${path} ${ref?.key}`),
    ).to.deep.equal(['/y default/web/80', '/x default/web/80', '/ default/own/http']);
    expect(hostOf(evaluation, '_').paths.map(({ backend: ref }) => ref)).to.deep.equal([null]);
  });
});
