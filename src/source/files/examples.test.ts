import { join } from 'node:path';
import { expect } from 'chai';
import type { EndpointSlice, Ingress, ObjectsByKind, Service } from '../objects.ts';
import { describeFault } from './placed.ts';
import { type Manifests, readManifests } from './read.ts';

const folder = join(import.meta.dirname, '../../../examples');

function ofKind<K extends keyof ObjectsByKind>({ objects }: Manifests, kind: K): readonly ObjectsByKind[K][] {
  return objects.flatMap(({ object }) => (object.kind === kind ? [object as ObjectsByKind[K]] : []));
}

/** `namespace/service` for every backend. */
function backends(ingress: Ingress): readonly string[] {
  const paths = (ingress.spec.rules ?? []).flatMap(({ http }) => http?.paths ?? []);
  return paths.map(({ backend }) => `${ingress.metadata.namespace}/${backend.service?.name}`);
}

describe('the examples', () => {
  let manifests: Manifests;
  before(async () => (manifests = await readManifests([folder])));

  it('have no faults', () => expect(manifests.faults.map(describeFault)).to.deep.equal([]));

  it('have the objects of the tutorial, converted', () => {
    const tutorial = ofKind(manifests, 'Ingress').find(({ metadata }) => metadata.name === 'ingress-ingress');
    expect(tutorial?.apiVersion).to.equal('networking.k8s.io/v1');
    expect(tutorial?.metadata.annotations).to.deep.equal({ 'kubernetes.io/ingress.class': 'nginx' });
    expect(tutorial?.spec.rules?.[0]).to.deep.equal({
      host: 'www.test.com',
      http: {
        paths: [
          {
            path: '/',
            pathType: 'ImplementationSpecific',
            backend: { service: { name: 'service', port: { number: 80 } } },
          },
        ],
      },
    });
    const types = ofKind(manifests, 'Service').map(({ spec }) =>
      spec.clusterIP === 'None' ? 'headless' : spec.type,
    );
    expect(types).to.include.members(['ClusterIP', 'headless', 'NodePort', 'LoadBalancer', 'ExternalName']);
  });

  it('have an endpoint for every port of every Service that an Ingress names', () => {
    const services = new Map(
      ofKind(manifests, 'Service').map((it) => [`${it.metadata.namespace}/${it.metadata.name}`, it]),
    );
    const slices = new Map(ofKind(manifests, 'EndpointSlice').map((it) => [ownerOf(it), it]));
    const wanted = ofKind(manifests, 'Ingress').flatMap(backends);
    expect(wanted.length).to.be.greaterThan(5);
    for (const name of wanted) {
      expect(portNames(services.get(name)), name).to.deep.equal(
        slices.get(name)?.ports?.map((port) => port.name),
      );
    }
  });
});

function ownerOf({ metadata }: EndpointSlice): string {
  return `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name']}`;
}

function portNames(service: Service | undefined): readonly (string | undefined)[] | undefined {
  return service?.spec.ports?.map(({ name }) => name);
}
