import { expect } from 'chai';
import { ingress, service, slice } from '../testing/builders/objects.ts';
import { backendOf, evaluate, problemLines, serverOf } from '../testing/builders/pipeline.ts';

const annotated = ingress({ host: 'a.test', paths: ['/x'], annotations: { 'default-backend': 'errors' } });
const web = [service(), slice()];

describe('default backends of Ingresses', () => {
  it('are the first port of the Service, and only stand in for a Service', () => {
    const errors = service({
      name: 'errors',
      ports: [
        { name: 'second', port: 81, targetPort: 8081 },
        { name: 'http', port: 80, targetPort: 8080 },
      ],
    });
    const ports = [
      { name: 'http', port: 8080 },
      { name: 'second', port: 8081 },
    ];
    const built = evaluate([annotated, ...web, errors, slice({ service: 'errors', ports })]);
    expect(backendOf(built, 'custom-default-backend-default-errors').target).to.deep.equal({
      kind: 'endpoints',
      endpoints: ['10.0.0.1:8081'],
      draining: [],
    });
    const standIns = serverOf(built, 'a.test').locations.map(({ errors: { standIn } }) => standIn);
    const name = 'custom-default-backend-default-errors';
    expect(standIns).to.deep.equal([name, name, null]);
  });

  it('have the first port of an external name', () => {
    const errors = service({
      name: 'errors',
      type: 'ExternalName',
      externalName: 'errors.example',
      ports: [{ port: 8080 }],
    });
    const built = evaluate([annotated, ...web, errors]);
    expect(backendOf(built, 'custom-default-backend-default-errors').target).to.deep.equal({
      kind: 'external',
      host: 'errors.example',
      port: 8080,
    });
  });

  for (const objects of [[], [service({ name: 'errors', ports: [] })]]) {
    it(`are told about when they cannot serve: ${objects.length} Services`, () => {
      const built = evaluate([annotated, ...web, ...objects]);
      expect(problemLines(built)).to.have.length(1);
      expect(built.graph.problems[0]?.message).to.include('cannot serve as a default backend');
    });
  }

  it('of two namespaces never share a name', () => {
    const one = ingress({
      name: 'one',
      namespace: 'a',
      host: 'a.test',
      annotations: { 'default-backend': 'b-c' },
    });
    const two = ingress({
      name: 'two',
      namespace: 'a-b',
      host: 'b.test',
      annotations: { 'default-backend': 'c' },
    });
    const names = evaluate([one, two])
      .graph.backends.map(({ name }) => name as string)
      .filter((name) => name.startsWith('custom-default-backend'));
    expect(new Set(names)).to.have.property('size', 2);
  });
});
