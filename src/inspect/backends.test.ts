import { expect } from 'chai';
import { evaluate } from '../testing/builders/pipeline.ts';
import { ingress, service, slice } from '../testing/builders/objects.ts';
import type { KubeObject } from '../source/objects.ts';
import { showBackends } from './backends.ts';

function shown(...objects: readonly KubeObject[]) {
  const { graph, snapshot } = evaluate(objects);
  const list = showBackends({ graph, services: snapshot.services, loadBalance: 'round_robin' });
  return new Map(list.map((backend) => [backend.name, backend]));
}

const web = [service(), slice({ addresses: ['10.0.0.1', '10.0.0.2'] })];

describe('backends as ingress-nginx shows them', () => {
  it('have all keys, and endpoints apart from their ports', () => {
    const backend = shown(...web, ingress({ host: 'a.test' })).get('default-web-80');
    expect(backend).to.deep.equal({
      name: 'default-web-80',
      service: {
        metadata: { namespace: 'default', name: 'web' },
        spec: {
          type: 'ClusterIP',
          clusterIP: '10.96.0.10',
          ports: [{ name: 'http', port: 80, targetPort: 8080 }],
        },
      },
      port: 80,
      sslPassthrough: false,
      endpoints: [
        { address: '10.0.0.1', port: '8080' },
        { address: '10.0.0.2', port: '8080' },
      ],
      sessionAffinityConfig: { name: '', mode: '', cookieSessionAffinity: { name: '' } },
      upstreamHashByConfig: {},
      'load-balance': 'round_robin',
      noServer: false,
      trafficShapingPolicy: {
        weight: 0,
        weightTotal: 0,
        header: '',
        headerValue: '',
        headerPattern: '',
        cookie: '',
      },
    });
  });

  it('have no endpoints and no Service where there are none', () => {
    const all = shown(ingress({ host: 'a.test' }));
    expect([...all.keys()]).to.deep.equal(['default-web-80', 'upstream-default-backend']);
    for (const backend of all.values()) expect(backend).to.not.have.any.keys('endpoints', 'service');
    expect(all.get('upstream-default-backend')).to.include({ port: 0 });
  });

  it('keep the name of a port', () => {
    const named = ingress({ host: 'a.test', paths: [{ path: '/', port: 'http' }] });
    expect(shown(...web, named).get('default-web-http')).to.include({ port: 'http' });
  });

  it('show IPv6 addresses without brackets, and names of others', () => {
    const six = [
      service(),
      { ...slice({ addresses: ['fd00::1'] }), addressType: 'IPv6' },
      service({ name: 'ext', type: 'ExternalName', externalName: 'far.example.com' }),
      ingress({ host: 'a.test', paths: ['/', { path: '/ext', service: 'ext' }] }),
    ];
    const all = shown(...six);
    expect(all.get('default-web-80')?.endpoints).to.deep.equal([{ address: 'fd00::1', port: '8080' }]);
    expect(all.get('default-ext-80')?.endpoints).to.deep.equal([
      { address: 'far.example.com', port: '8080' },
    ]);
  });

  it('tell canaries from primaries', () => {
    const all = shown(
      ...web,
      service({ name: 'next' }),
      slice({ service: 'next' }),
      ingress({ host: 'a.test' }),
      ingress({
        name: 'next',
        host: 'a.test',
        paths: [{ path: '/', service: 'next' }],
        annotations: { canary: 'true', 'canary-weight': '10', 'canary-by-header': 'X-Next' },
      }),
    );
    expect(all.get('default-web-80')).to.include({ noServer: false });
    expect(all.get('default-web-80')?.alternativeBackends).to.deep.equal(['default-next-80']);
    expect(all.get('default-next-80')).to.include({ noServer: true });
    expect(all.get('default-next-80')?.trafficShapingPolicy).to.include({
      weight: 10,
      weightTotal: 100,
      header: 'X-Next',
    });
  });

  it('show how an endpoint is chosen', () => {
    const annotations = {
      affinity: 'cookie',
      'session-cookie-name': 'stay',
      'session-cookie-max-age': '60',
      'session-cookie-samesite': 'Lax',
      'load-balance': 'ewma',
    };
    const sticky = shown(...web, ingress({ host: 'a.test', annotations })).get('default-web-80');
    expect(sticky).to.include({ 'load-balance': 'ewma' });
    expect(sticky?.sessionAffinityConfig).to.deep.equal({
      name: 'cookie',
      mode: 'balanced',
      cookieSessionAffinity: { name: 'stay', maxage: '60', locations: { 'a.test': ['/'] }, samesite: 'Lax' },
    });
    const by = {
      'upstream-hash-by': '$request_uri',
      'upstream-hash-by-subset': 'true',
      'upstream-hash-by-subset-size': '2',
    };
    const hashed = shown(...web, ingress({ host: 'a.test', annotations: by })).get('default-web-80');
    expect(hashed?.upstreamHashByConfig).to.deep.equal({
      'upstream-hash-by': '$request_uri',
      'upstream-hash-by-subset': true,
      'upstream-hash-by-subset-size': 2,
    });
  });
});
