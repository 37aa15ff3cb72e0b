import { expect } from 'chai';
import type { EndpointSlice, Service } from '../source/objects.ts';
import { graphOf, ingress, service, slice } from '../testing/terse.ts';
import type { TerseSlice } from '../testing/terse.ts';
import type { GraphOptions } from './options.ts';

interface Case {
  readonly what: string;
  readonly spec?: Partial<Service['spec']> | null;
  readonly slices?: readonly TerseSlice[];
  readonly port?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly options?: Partial<GraphOptions>;
  /** Endpoints, or `name:port` of an external name. */
  readonly gives: readonly string[] | string;
  readonly problem?: string;
}

function resolve({ spec = {}, slices = [{}], port = '80', with: annotations = {}, options }: Case) {
  const objects = [
    ingress({ rules: { 'x.test': [{ path: '/', to: `web:${port}` }] }, with: annotations }),
    ...(spec === null ? [] : [service({ spec })]),
    ...slices.map((input, index) => slice({ name: `slice-${index}`, ...input })),
  ];
  const graph = graphOf(objects, options);
  const backend = graph.backends.find(({ name }) => name === `default-web-${port}`);
  const target = backend?.target;
  const gives = target?.kind === 'external' ? `${target.host}:${target.port}` : target?.endpoints;
  return { gives, problems: graph.problems.map(({ code }) => code) };
}

const twoPorts = {
  ports: [
    { name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' },
    { name: 'admin', port: 81, targetPort: 'mgmt', protocol: 'TCP' },
  ],
};
const named: EndpointSlice['ports'] = [
  { name: 'http', port: 8080, protocol: 'TCP' },
  { name: 'admin', port: 9090, protocol: 'TCP' },
];

const cases: readonly Case[] = [
  { what: 'all ready addresses', gives: ['10.1.0.1:8080', '10.1.0.2:8080'] },
  { what: 'a Service that does not exist', spec: null, gives: [], problem: 'service-missing' },
  { what: 'a Service without slices', slices: [], gives: [] },
  {
    what: 'a port by number',
    spec: twoPorts,
    slices: [{ ports: named }],
    gives: ['10.1.0.1:8080', '10.1.0.2:8080'],
  },
  {
    what: 'a port by name',
    spec: twoPorts,
    slices: [{ ports: named }],
    port: 'admin',
    gives: ['10.1.0.1:9090', '10.1.0.2:9090'],
  },
  {
    what: 'a target port by number',
    spec: twoPorts,
    slices: [{ ports: named }],
    port: '8080',
    gives: ['10.1.0.1:8080', '10.1.0.2:8080'],
  },
  {
    what: 'a target port by name',
    spec: twoPorts,
    slices: [{ ports: named }],
    port: 'mgmt',
    gives: ['10.1.0.1:9090', '10.1.0.2:9090'],
  },
  { what: 'a port that the Service lacks', port: '81', gives: [], problem: 'service-port-missing' },
  { what: 'a headless Service', spec: { clusterIP: 'None' }, gives: ['10.1.0.1:8080', '10.1.0.2:8080'] },
  { what: 'a NodePort Service', spec: { type: 'NodePort' }, gives: ['10.1.0.1:8080', '10.1.0.2:8080'] },
  {
    what: 'a LoadBalancer Service',
    spec: { type: 'LoadBalancer' },
    gives: ['10.1.0.1:8080', '10.1.0.2:8080'],
  },
  {
    what: 'a slice without ports, with a numeric target',
    slices: [{ ports: null }],
    gives: ['10.1.0.1:8080', '10.1.0.2:8080'],
  },
  {
    what: 'a slice without ports, with a named target',
    spec: { ports: [{ port: 80, targetPort: 'http' }] },
    slices: [{ ports: [] }],
    gives: [],
  },
  { what: 'a slice port without a number', slices: [{ ports: [{ name: 'x' }] }], gives: [] },
  { what: 'UDP ports', slices: [{ ports: [{ port: 53, protocol: 'UDP' }] }], gives: [] },
  {
    what: 'another slice port name and a numeric target',
    spec: { ports: [{ name: 'http', port: 80, targetPort: 8081 }] },
    slices: [{ ports: [{ name: 'other', port: 1 }] }],
    gives: ['10.1.0.1:8081', '10.1.0.2:8081'],
  },
  {
    what: 'only the port of the same name, also where the target is another number',
    spec: { ports: [{ name: 'http', port: 80, targetPort: 80 }] },
    slices: [
      {
        ports: [
          { name: 'http', port: 9001 },
          { name: 'https', port: 9001 },
        ],
      },
    ],
    gives: ['10.1.0.1:9001', '10.1.0.2:9001'],
  },
  {
    what: 'several slices, each address once',
    slices: [{}, { addresses: ['10.1.0.2', '10.1.0.3'] }],
    gives: ['10.1.0.1:8080', '10.1.0.2:8080', '10.1.0.3:8080'],
  },
  { what: 'a slice without endpoints', slices: [{ endpoints: null }], gives: [] },
  {
    what: 'only what is ready, or says nothing',
    slices: [
      {
        endpoints: [
          { addresses: ['10.1.0.1'], conditions: { ready: false } },
          { addresses: ['10.1.0.2'], conditions: { ready: true } },
          { addresses: ['10.1.0.3'], conditions: {} },
          { addresses: ['10.1.0.4'], conditions: { ready: false, serving: true, terminating: true } },
        ],
      },
    ],
    gives: ['10.1.0.2:8080', '10.1.0.3:8080'],
  },
  {
    what: 'IPv6 addresses in brackets',
    slices: [{ addresses: ['2001:db8::1'] }],
    gives: ['[2001:db8::1]:8080'],
  },
  {
    what: 'no loopback address',
    slices: [{ addresses: ['127.0.0.1', '10.1.0.1'] }],
    gives: ['10.1.0.1:8080'],
    problem: 'address-refused',
  },
  {
    what: 'loopback where it is allowed',
    slices: [{ addresses: ['127.0.0.1'] }],
    options: { loopbackEndpoints: 'allowed' },
    gives: ['127.0.0.1:8080'],
  },
  {
    what: 'not the controller itself',
    slices: [{ addresses: ['10.1.0.1', '10.1.0.2'] }],
    options: { ownEndpoints: new Set(['10.1.0.1:8080', '10.1.0.2:443']) },
    gives: ['10.1.0.2:8080'],
    problem: 'address-refused',
  },
  {
    what: 'no metadata service',
    slices: [{ addresses: ['169.254.169.254'] }],
    options: { loopbackEndpoints: 'allowed' },
    gives: [],
    problem: 'address-refused',
  },
  {
    what: 'no name in a slice',
    slices: [{ addresses: ['evil.example'] }],
    gives: [],
    problem: 'address-refused',
  },
  {
    what: 'the cluster address with service-upstream',
    with: { 'service-upstream': 'true' },
    gives: ['10.96.0.10:80'],
  },
  {
    what: 'endpoints of a headless Service with service-upstream',
    spec: { clusterIP: 'None' },
    with: { 'service-upstream': 'true' },
    gives: ['10.1.0.1:8080', '10.1.0.2:8080'],
  },
];

const external = (externalName: string, ports?: Service['spec']['ports']) => ({
  type: 'ExternalName',
  externalName,
  ...(ports === undefined ? { ports: [] } : { ports }),
});

const externals: readonly Case[] = [
  {
    what: 'a name with the port of the Ingress',
    spec: external('api.example.com'),
    port: '8080',
    gives: 'api.example.com:8080',
  },
  {
    what: 'a name with the target of a listed port',
    spec: external('api.example.com', [{ port: 80, targetPort: 8443 }]),
    gives: 'api.example.com:8443',
  },
  {
    what: 'a name with a named port',
    spec: external('api.example.com', [{ name: 'web', port: 8000 }]),
    port: 'web',
    gives: 'api.example.com:8000',
  },
  { what: 'a final dot', spec: external('api.example.com.'), gives: 'api.example.com.:80' },
  {
    what: 'a name with an unknown named port',
    spec: external('api.example.com'),
    port: 'web',
    gives: [],
    problem: 'service-port-missing',
  },
  { what: 'an address', spec: external('203.0.113.7'), gives: ['203.0.113.7:80'] },
  {
    what: 'names switched off',
    spec: external('api.example.com'),
    options: { disableSvcExternalName: true },
    gives: [],
    problem: 'external-name-disabled',
  },
  ...[
    'localhost',
    'LOCALHOST',
    'a.localhost',
    'localhost.',
    '127.0.0.1',
    '127.1',
    '0.0.0.0',
    '::1',
    '::ffff:127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '169.254.169.254',
    'a b',
    'a;b',
    '',
    '-a.example',
  ].map((name): Case => ({
    what: `no ${JSON.stringify(name)}`,
    spec: external(name),
    gives: [],
    problem: 'address-refused',
  })),
];

describe('endpoints of a backend', () => {
  for (const example of cases) {
    it(example.what, () => {
      expect(resolve(example)).to.deep.equal({
        gives: example.gives,
        problems: example.problem === undefined ? [] : [example.problem],
      });
    });
  }
});

describe('ExternalName', () => {
  for (const example of externals) {
    it(example.what, () => {
      expect(resolve({ ...example, slices: [] })).to.deep.equal({
        gives: example.gives,
        problems: example.problem === undefined ? [] : [example.problem],
      });
    });
  }
});

describe('the global default backend', () => {
  const target = (options: Partial<GraphOptions>, ...objects: Parameters<typeof graphOf>[0]) =>
    graphOf(objects, options).backends.find(({ name }) => name === 'upstream-default-backend')?.target;
  const options = { defaultBackendService: 'default/web' };

  it('has no endpoints when none is configured, missing, or has no ports', () => {
    const none = { kind: 'endpoints', endpoints: [], draining: [] };
    expect(target({})).to.deep.equal(none);
    expect(target(options)).to.deep.equal(none);
    expect(target(options, service({ spec: { ports: [] } }), slice())).to.deep.equal(none);
  });

  it('is the first port of its Service', () => {
    expect(target(options, service(), slice())).to.deep.equal({
      kind: 'endpoints',
      endpoints: ['10.1.0.1:8080', '10.1.0.2:8080'],
      draining: [],
    });
  });
});
