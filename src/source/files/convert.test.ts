import { expect } from 'chai';
import * as fc from 'fast-check';
import type { KubeObject } from '../objects.ts';
import { convert } from './convert.ts';

const meta = { name: 'web', namespace: 'shop' };

function one(value: unknown): KubeObject {
  const conversion = convert(value);
  if (conversion.result !== 'objects') throw new Error(JSON.stringify(conversion));
  expect(conversion.objects).to.have.length(1);
  return conversion.objects[0] as KubeObject;
}

function faultsOf(value: unknown): readonly string[] {
  const conversion = convert(value);
  return conversion.result === 'bad'
    ? conversion.faults.map(({ field, reason }) => `${field} ${reason}`)
    : [];
}

/** The object without apiVersion, kind and metadata. */
function body(value: unknown): unknown {
  const { apiVersion: _a, kind: _k, metadata: _m, ...rest } = one(value);
  return rest;
}

function ingress(apiVersion: string, spec: unknown): unknown {
  return { apiVersion, kind: 'Ingress', metadata: meta, spec };
}

function pathWith(backend: unknown, extra: object = {}): unknown {
  return { rules: [{ host: 'a.test', http: { paths: [{ path: '/', ...extra, backend }] } }] };
}

describe('conversion of Ingresses', () => {
  const service = { name: 's', port: { number: 80 } };
  const v1 = {
    ingressClassName: 'nginx',
    defaultBackend: { service },
    rules: [{ host: 'a.test', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service } }] } }],
    tls: [{ hosts: ['a.test'], secretName: 'tls' }],
  };

  it('keeps what networking.k8s.io/v1 says', () => {
    const object = one(ingress('networking.k8s.io/v1', v1));
    expect(object).to.deep.include({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', spec: v1 });
  });

  for (const apiVersion of ['networking.k8s.io/v1beta1', 'extensions/v1beta1']) {
    it(`turns ${apiVersion} into it`, () => {
      const beta = {
        ...v1,
        defaultBackend: undefined,
        backend: { serviceName: 's', servicePort: 80 },
        rules: [
          {
            host: 'a.test',
            http: {
              paths: [{ path: '/', pathType: 'Prefix', backend: { serviceName: 's', servicePort: 80 } }],
            },
          },
        ],
      };
      expect(one(ingress(apiVersion, beta))).to.deep.include({
        apiVersion: 'networking.k8s.io/v1',
        spec: v1,
      });
    });
  }

  const backends: readonly (readonly [apiVersion: string, backend: unknown, expected: unknown])[] = [
    [
      'v1beta1',
      { serviceName: 's', servicePort: 'http' },
      { service: { name: 's', port: { name: 'http' } } },
    ],
    ['v1beta1', { serviceName: 's', servicePort: '80' }, { service: { name: 's', port: { name: '80' } } }],
    ['v1beta1', { serviceName: 's' }, { service: { name: 's' } }],
    [
      'v1beta1',
      { resource: { kind: 'Bucket', name: 'b', apiGroup: 'x.test' } },
      { resource: { kind: 'Bucket', name: 'b', apiGroup: 'x.test' } },
    ],
    [
      'v1',
      { service: { name: 's', port: { name: 'http' } } },
      { service: { name: 's', port: { name: 'http' } } },
    ],
    ['v1', { service: { name: 's' } }, { service: { name: 's' } }],
    ['v1', { resource: { kind: 'Bucket', name: 'b' } }, { resource: { kind: 'Bucket', name: 'b' } }],
  ];
  for (const [version, backend, expected] of backends) {
    it(`reads the ${version} backend ${JSON.stringify(backend)}`, () => {
      expect(body(ingress(`networking.k8s.io/${version}`, pathWith(backend)))).to.deep.equal({
        spec: {
          rules: [
            {
              host: 'a.test',
              http: { paths: [{ path: '/', pathType: 'ImplementationSpecific', backend: expected }] },
            },
          ],
        },
      });
    });
  }

  it('accepts rules without http, paths without path, and no spec at all', () => {
    const spec = {
      rules: [{ host: 'a.test' }, { http: { paths: [{ backend: { service } }] } }, { http: {} }],
    };
    expect(faultsOf(ingress('networking.k8s.io/v1', spec))).to.deep.equal([]);
    expect(body({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: meta })).to.deep.equal({
      spec: {},
    });
  });

  it('keeps the addresses in the status', () => {
    const status = { loadBalancer: { ingress: [{ ip: '10.0.0.1' }, { hostname: 'lb.test', ports: [] }] } };
    const value = { ...(ingress('networking.k8s.io/v1', {}) as object), status };
    expect(body(value)).to.deep.include({
      status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }, { hostname: 'lb.test' }] } },
    });
  });

  const at = 'spec.rules[0].http.paths[0]';
  const wrong: readonly (readonly [version: string, spec: unknown, fault: string])[] = [
    [
      'v1',
      { rules: [{ host: 12 }] },
      'spec.rules[0].host must be text but is read as a number; put it in quotes',
    ],
    [
      'v1',
      { rules: [{ host: true }] },
      'spec.rules[0].host must be text but is read as a boolean; put it in quotes',
    ],
    ['v1', { rules: {} }, 'spec.rules must be a list but is an object'],
    ['v1', { rules: [null] }, 'spec.rules[0] is missing'],
    ['v1', { rules: ['a.test'] }, 'spec.rules[0] must be an object but is text'],
    ['v1', 'text', 'spec must be an object but is text'],
    ['v1', pathWith(undefined), `${at}.backend is missing`],
    ['v1', pathWith({}), `${at}.backend needs service or resource`],
    ['v1', pathWith({ service: {} }), `${at}.backend.service.name is missing`],
    [
      'v1',
      pathWith({ service: { name: 's', port: { number: '80' } } }),
      `${at}.backend.service.port.number must be a whole number but is text`,
    ],
    [
      'v1',
      pathWith({ service: { name: 's', port: { number: 0 } } }),
      `${at}.backend.service.port.number must be a port from 1 to 65535`,
    ],
    [
      'v1',
      pathWith({ serviceName: 's' }),
      `${at}.backend.serviceName belongs to the v1beta1 versions; write service.name here, or change apiVersion`,
    ],
    [
      'v1',
      { backend: { serviceName: 's' } },
      'spec.backend belongs to the v1beta1 versions; write defaultBackend here, or change apiVersion',
    ],
    ['v1', { tls: [{ hosts: 'a.test' }] }, 'spec.tls[0].hosts must be a list but is text'],
    ['v1beta1', pathWith({}), `${at}.backend needs serviceName and servicePort`],
    ['v1beta1', pathWith({ servicePort: 80 }), `${at}.backend.serviceName is missing`],
    [
      'v1beta1',
      pathWith({ serviceName: 's', servicePort: 1.5 }),
      `${at}.backend.servicePort must be a whole number but is a number`,
    ],
    [
      'v1beta1',
      pathWith({ service }),
      `${at}.backend.service belongs to networking.k8s.io/v1; write serviceName and servicePort here, or change apiVersion`,
    ],
  ];
  for (const [version, spec, fault] of wrong) {
    it(`${version}: ${fault}`, () =>
      expect(faultsOf(ingress(`networking.k8s.io/${version}`, spec))).to.deep.equal([fault]));
  }
});

describe('conversion of other kinds', () => {
  const good: readonly (readonly [name: string, value: object, expected: object])[] = [
    [
      'Service: type, protocol and targetPort have defaults',
      { apiVersion: 'v1', kind: 'Service', spec: { ports: [{ port: 80, nodePort: 0 }] } },
      { spec: { type: 'ClusterIP', ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] } },
    ],
    [
      'Service: named target port, everything else kept',
      {
        apiVersion: 'v1',
        kind: 'Service',
        spec: {
          type: 'NodePort',
          clusterIP: 'None',
          ports: [{ name: 'a', port: 80, protocol: 'UDP', targetPort: 'http', nodePort: 30080 }],
        },
      },
      {
        spec: {
          type: 'NodePort',
          clusterIP: 'None',
          ports: [{ name: 'a', protocol: 'UDP', targetPort: 'http', nodePort: 30080, port: 80 }],
        },
      },
    ],
    ['Service without spec', { apiVersion: 'v1', kind: 'Service' }, { spec: { type: 'ClusterIP' } }],
    [
      'Secret: stringData wins',
      { apiVersion: 'v1', kind: 'Secret', type: 't', data: { a: 'eA==', b: 'eQ==' }, stringData: { b: 'ü' } },
      { type: 't', data: { a: 'eA==', b: 'w7w=' } },
    ],
    [
      'Secret: line ends in base64',
      { apiVersion: 'v1', kind: 'Secret', data: { a: 'eHh4\neHh4\n' } },
      { type: 'Opaque', data: { a: 'eHh4eHh4' } },
    ],
    ['Secret without data', { apiVersion: 'v1', kind: 'Secret' }, { type: 'Opaque' }],
    [
      'ConfigMap: empty value',
      { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'b', c: null } },
      { data: { a: 'b', c: '' } },
    ],
    ['Namespace', { apiVersion: 'v1', kind: 'Namespace' }, {}],
    [
      'IngressClass',
      { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', spec: { controller: 'c' } },
      { spec: { controller: 'c' } },
    ],
    ['IngressClass v1beta1', { apiVersion: 'networking.k8s.io/v1beta1', kind: 'IngressClass' }, { spec: {} }],
    [
      'Node',
      {
        apiVersion: 'v1',
        kind: 'Node',
        status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }], capacity: {} },
      },
      { status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] } },
    ],
    [
      'Pod',
      {
        apiVersion: 'v1',
        kind: 'Pod',
        spec: { nodeName: 'n', containers: [] },
        status: {
          phase: 'Running',
          podIP: '10.0.0.2',
          conditions: [{ type: 'Ready', status: 'True', reason: 'x' }],
        },
      },
      {
        spec: { nodeName: 'n' },
        status: { phase: 'Running', podIP: '10.0.0.2', conditions: [{ type: 'Ready', status: 'True' }] },
      },
    ],
    [
      'EndpointSlice',
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        addressType: 'IPv4',
        ports: [{ port: 80 }, { name: 'x', port: null, protocol: 'UDP' }],
        endpoints: [
          {
            addresses: ['10.0.0.1'],
            conditions: { ready: true },
            nodeName: 'n',
            zone: 'z',
            hints: { forZones: [{ name: 'z' }] },
          },
          { addresses: ['10.0.0.2'], conditions: { ready: false, serving: true, terminating: true } },
        ],
      },
      {
        addressType: 'IPv4',
        ports: [
          { name: '', port: 80, protocol: 'TCP' },
          { name: 'x', protocol: 'UDP' },
        ],
        endpoints: [
          {
            addresses: ['10.0.0.1'],
            conditions: { ready: true },
            hints: { forZones: [{ name: 'z' }] },
            nodeName: 'n',
            zone: 'z',
          },
          { addresses: ['10.0.0.2'], conditions: { ready: false, serving: true, terminating: true } },
        ],
      },
    ],
    [
      'EndpointSlice v1beta1',
      {
        apiVersion: 'discovery.k8s.io/v1beta1',
        kind: 'EndpointSlice',
        addressType: 'IPv6',
        endpoints: [
          {
            addresses: ['::1'],
            topology: { 'kubernetes.io/hostname': 'n', 'topology.kubernetes.io/zone': 'z' },
          },
        ],
      },
      { addressType: 'IPv6', endpoints: [{ addresses: ['::1'], nodeName: 'n', zone: 'z' }] },
    ],
  ];
  for (const [name, value, expected] of good) {
    it(name, () => expect(body({ ...value, metadata: meta })).to.deep.equal(expected));
  }

  it('turns Endpoints into one slice for each subset and family', () => {
    const conversion = convert({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...meta, labels: { a: 'b' } },
      subsets: [
        {
          addresses: [{ ip: '10.0.0.1', nodeName: 'n' }, { ip: '::1' }],
          notReadyAddresses: [{ ip: '10.0.0.2' }],
          ports: [{ name: 'http', port: 80 }],
        },
        { addresses: [{ ip: '10.0.0.3' }], ports: [{ port: 81 }] },
        {},
      ],
    });
    if (conversion.result !== 'objects') throw new Error('not converted');
    expect(conversion.source).to.equal('Endpoints shop/web');
    const shown = conversion.objects.map((object) => [object.metadata.name, object.metadata.labels, object]);
    const labels = { a: 'b', 'kubernetes.io/service-name': 'web' };
    expect(shown.map(([name, labelled]) => [name, labelled])).to.deep.equal([
      ['web-endpoints-0', labels],
      ['web-endpoints-1', labels],
      ['web-endpoints-2', labels],
    ]);
    expect(conversion.objects[0]).to.deep.include({
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
      endpoints: [
        { addresses: ['10.0.0.1'], conditions: { ready: true }, nodeName: 'n' },
        { addresses: ['10.0.0.2'], conditions: { ready: false } },
      ],
    });
    expect(conversion.objects[1]).to.deep.include({ addressType: 'IPv6' });
    expect(new Set(conversion.objects.map(({ metadata }) => metadata.uid)).size).to.equal(3);
  });

  const slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: meta };
  const wrong: readonly (readonly [value: unknown, fault: RegExp])[] = [
    [null, /^ must be a Kubernetes object .* but is empty/],
    ['text', /^ must be a Kubernetes object .* but is text/],
    [[1], /but is a list/],
    [{ apiVersion: 'v1' }, /^kind is missing/],
    [{ kind: 'Service', metadata: meta }, /^apiVersion is missing/],
    [
      { kind: 'Ingress', apiVersion: 'v1', metadata: meta },
      /^apiVersion "v1" has no Ingress; write networking.k8s.io\/v1/,
    ],
    [{ kind: 'Ingress', apiVersion: 'networking/v1', metadata: meta }, /write networking.k8s.io\/v1/],
    [{ kind: 'Ingress', apiVersion: 'networking.k8s.io/v2', metadata: meta }, /write networking.k8s.io\/v1/],
    [
      { kind: 'Ingress', apiVersion: 'networking.k8s.io/constructor', metadata: meta },
      /write networking.k8s.io\/v1/,
    ],
    [{ kind: 'Service', apiVersion: 'v2', metadata: meta }, /write v1/],
    [{ kind: 'Service', apiVersion: 'v1' }, /^metadata is missing/],
    [{ kind: 'Service', apiVersion: 'v1', metadata: {} }, /^metadata.name is missing/],
    [{ kind: 'Service', apiVersion: 'v1', metadata: { name: 5 } }, /^metadata.name must be text .* quotes/],
    [{ kind: 'Service', apiVersion: 'v1', metadata: { name: 'My_App' } }, /^metadata.name may hold only/],
    [{ kind: 'Service', apiVersion: 'v1', metadata: { name: 'a/b' } }, /^metadata.name may hold only/],
    [
      { kind: 'Service', apiVersion: 'v1', metadata: { name: 'a', namespace: 'b.c' } },
      /^metadata.namespace may hold only/,
    ],
    [{ kind: 'Service', apiVersion: 'v1', metadata: { generateName: 'a-' } }, /generateName/],
    [
      { kind: 'Service', apiVersion: 'v1', metadata: { ...meta, labels: { 'a.b/c': true } } },
      /^metadata.labels\["a.b\/c"\] must be text .* boolean; put it in quotes/,
    ],
    [
      { kind: 'Service', apiVersion: 'v1', metadata: { ...meta, annotations: [] } },
      /^metadata.annotations must be an object but is a list/,
    ],
    [
      { kind: 'Service', apiVersion: 'v1', metadata: meta, spec: { ports: [{}] } },
      /^spec.ports\[0\].port is missing/,
    ],
    [
      { kind: 'Service', apiVersion: 'v1', metadata: meta, spec: { ports: [{ port: 70000 }] } },
      /^spec.ports\[0\].port must be a port/,
    ],
    [
      { kind: 'Secret', apiVersion: 'v1', metadata: meta, data: { 'tls.key': 'hunter2!' } },
      /^data\["tls.key"\] is not base64; encode it, or .* stringData$/,
    ],
    [
      { kind: 'ConfigMap', apiVersion: 'v1', metadata: meta, data: { a: 1 } },
      /^data.a must be text .* quotes/,
    ],
    [{ ...slice }, /^addressType is missing/],
    [{ ...slice, addressType: 'ipv4' }, /^addressType must be IPv4, IPv6 or FQDN/],
    [
      { ...slice, addressType: 'IPv4', endpoints: [{ addresses: ['::1'] }] },
      /^endpoints\[0\].addresses\[0\] must be an IPv4 address/,
    ],
    [
      { ...slice, addressType: 'IPv6', endpoints: [{ addresses: ['fe80::1%eth0'] }] },
      /must be an IPv6 address/,
    ],
    [
      { kind: 'Endpoints', apiVersion: 'v1', metadata: meta, subsets: [{ addresses: [{ ip: 'host' }] }] },
      /^subsets\[0\].addresses\[0\].ip must be an IP address/,
    ],
  ];
  for (const [value, fault] of wrong) {
    it(`refuses ${JSON.stringify(value).slice(0, 70)}: ${fault.source}`, () => {
      const faults = faultsOf(value);
      expect(faults).to.have.length(1);
      expect(faults[0]).to.match(fault);
      expect(faults[0]).not.to.contain('hunter2');
    });
  }

  for (const [apiVersion, kind] of [
    ['apps/v1', 'Deployment'],
    ['v1', 'PersistentVolume'],
    ['config.openshift.io/v1', 'Ingress'],
    ['serving.knative.dev/v1', 'Service'],
    ['v1', 'constructor'],
  ]) {
    it(`skips ${apiVersion} ${kind}`, () => {
      expect(convert({ apiVersion, kind, metadata: meta })).to.deep.equal({
        result: 'skipped',
        what: `${apiVersion} ${kind}`,
      });
    });
  }
});

describe('what the source adds to an object', () => {
  const value = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...meta, annotations: { a: null, b: 'c' } },
  };

  it('is the metadata of the API server', () => {
    const { metadata } = one(value);
    expect(metadata).to.deep.include({ ...meta, creationTimestamp: '', annotations: { a: '', b: 'c' } });
    expect(metadata.uid).to.match(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(metadata.resourceVersion).to.match(/^[\da-f]{16}$/);
  });

  it('is a uid of kind, namespace and name, and a version of the content', () => {
    const first = one(value).metadata;
    const same = one(structuredClone(value)).metadata;
    const changed = one({ ...value, spec: { clusterIP: 'None' } }).metadata;
    const moved = one({ ...value, metadata: { ...value.metadata, namespace: 'other' } }).metadata;
    expect(same).to.deep.equal(first);
    expect(changed.uid).to.equal(first.uid);
    expect(changed.resourceVersion).not.to.equal(first.resourceVersion);
    expect(moved.uid).not.to.equal(first.uid);
  });

  it('takes the namespace "default" and keeps what the manifest says of time and generation', () => {
    const metadata = {
      name: 'web',
      creationTimestamp: '2026-01-01T00:00:00Z',
      generation: 3,
      uid: 'x',
      resourceVersion: '7',
    };
    const object = one({ ...value, metadata });
    expect(object.metadata).to.include({
      namespace: 'default',
      creationTimestamp: metadata.creationTimestamp,
      generation: 3,
    });
    expect(object.metadata.uid).not.to.equal('x');
    expect(one({ apiVersion: 'v1', kind: 'Node', metadata: meta }).metadata.namespace).to.equal('');
  });

  it('is frozen to the bottom', () => {
    const object = one(
      ingress('networking.k8s.io/v1', pathWith({ service: { name: 's', port: { number: 80 } } })),
    );
    const check = (part: unknown): void => {
      if (typeof part !== 'object' || part === null) return;
      expect(Object.isFrozen(part)).to.equal(true);
      Object.values(part).forEach(check);
    };
    check(object);
  });

  it('never throws, whatever it is given', () => {
    const kind = fc.constantFrom(
      'Ingress',
      'Service',
      'Secret',
      'EndpointSlice',
      'Endpoints',
      'Pod',
      'Node',
      'ConfigMap',
    );
    const apiVersion = fc.constantFrom(
      'v1',
      'networking.k8s.io/v1',
      'extensions/v1beta1',
      'discovery.k8s.io/v1',
    );
    const deep = fc.object({
      key: fc.constantFrom(
        'rules',
        'http',
        'paths',
        'backend',
        'ports',
        'endpoints',
        'subsets',
        'addresses',
        '__proto__',
      ),
    });
    const anything = fc.record({
      kind,
      apiVersion,
      metadata: fc.constant(meta),
      spec: deep,
      subsets: fc.anything(),
      endpoints: fc.anything(),
      status: deep,
    });
    fc.assert(fc.property(anything, (candidate) => void convert(candidate)));
  });
});
