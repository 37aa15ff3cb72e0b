import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Kind, KubeObject } from '../objects.ts';
import { kindTable } from './kinds.ts';
import { isObject } from './shapes.ts';
import { slim } from './slim.ts';

const emptyMeta = { namespace: '', uid: '', resourceVersion: '', creationTimestamp: '' };

// Object.keys forgets the key type.
const kinds = Object.keys(kindTable) as Kind[];

function slimmed(kind: Kind, raw: unknown): KubeObject {
  const object = slim(kind, raw);
  if (typeof object === 'string') throw new Error(`not an object: ${object}`);
  return object;
}

function expectFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  expect(Object.isFrozen(value), JSON.stringify(value)).to.equal(true);
  for (const part of Object.values(value)) expectFrozen(part);
}

describe('slim', () => {
  it('drops what nobody reads from metadata and adds kind and apiVersion', () => {
    const object = slimmed('Ingress', {
      metadata: {
        name: 'a',
        namespace: 'n',
        uid: 'u',
        resourceVersion: '7',
        creationTimestamp: '2026-01-01T00:00:00Z',
        generation: 3,
        deletionTimestamp: '2026-01-02T00:00:00Z',
        labels: { l: '1' },
        annotations: { x: 'y', 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
        managedFields: [{ manager: 'kubectl' }],
        ownerReferences: [{ kind: 'X' }],
        finalizers: ['f'],
        selfLink: '/x',
      },
      spec: {
        ingressClassName: 'nginx',
        rules: [{ host: 'h', http: { paths: [{ path: '/', backend: {} }] } }],
      },
    });
    expect(object).to.deep.equal({
      kind: 'Ingress',
      apiVersion: 'networking.k8s.io/v1',
      metadata: {
        name: 'a',
        namespace: 'n',
        uid: 'u',
        resourceVersion: '7',
        creationTimestamp: '2026-01-01T00:00:00Z',
        generation: 3,
        deletionTimestamp: '2026-01-02T00:00:00Z',
        labels: { l: '1' },
        annotations: { x: 'y' },
      },
      spec: {
        ingressClassName: 'nginx',
        rules: [{ host: 'h', http: { paths: [{ path: '/', backend: {} }] } }],
      },
    });
    expectFrozen(object);
  });

  const kept: readonly (readonly [Kind, object, object])[] = [
    [
      'Ingress',
      {
        spec: {
          defaultBackend: { resource: { apiGroup: 'g', kind: 'K', name: 'n', more: 1 } },
          tls: [{ hosts: ['a'], secretName: 's' }],
        },
        status: { loadBalancer: { ingress: [{ ip: '1.2.3.4', ports: [] }] } },
      },
      {
        spec: {
          defaultBackend: { resource: { apiGroup: 'g', kind: 'K', name: 'n' } },
          tls: [{ hosts: ['a'], secretName: 's' }],
        },
        status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
      },
    ],
    [
      'IngressClass',
      { spec: { controller: 'c', parameters: { kind: 'X', name: 'y' } } },
      { spec: { controller: 'c' } },
    ],
    [
      'Service',
      {
        spec: {
          selector: { app: 'x' },
          type: 'NodePort',
          clusterIP: 'None',
          ports: [
            { name: 'http', port: 80, targetPort: 'web', nodePort: 30000, appProtocol: 'h2c' },
            { port: 81, targetPort: 82 },
          ],
        },
        status: { loadBalancer: {} },
      },
      {
        spec: {
          type: 'NodePort',
          clusterIP: 'None',
          ports: [
            { name: 'http', port: 80, targetPort: 'web', nodePort: 30000 },
            { port: 81, targetPort: 82 },
          ],
        },
        status: { loadBalancer: {} },
      },
    ],
    [
      'EndpointSlice',
      {
        addressType: 'IPv4',
        endpoints: [
          {
            addresses: ['10.0.0.1'],
            conditions: { ready: true, serving: true, terminating: false },
            hints: { forZones: [{ name: 'z' }] },
            nodeName: 'n',
            zone: 'z',
            targetRef: { kind: 'Pod' },
          },
        ],
        ports: [{ name: '', port: 8080, protocol: 'TCP' }],
      },
      {
        addressType: 'IPv4',
        endpoints: [
          {
            addresses: ['10.0.0.1'],
            conditions: { ready: true, serving: true, terminating: false },
            hints: { forZones: [{ name: 'z' }] },
            nodeName: 'n',
            zone: 'z',
          },
        ],
        ports: [{ name: '', port: 8080, protocol: 'TCP' }],
      },
    ],
    [
      'Secret',
      { type: 't', data: { a: 'YQ==', empty: null }, immutable: true },
      { type: 't', data: { a: 'YQ==', empty: '' } },
    ],
    ['ConfigMap', { data: { a: 'b' }, binaryData: { c: 'ZA==' } }, { data: { a: 'b' } }],
    ['Namespace', { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }, {}],
    [
      'Node',
      {
        spec: { podCIDR: '10.0.0.0/24' },
        status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }], images: [{ names: ['x'] }] },
      },
      { status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] } },
    ],
    [
      'Pod',
      {
        spec: { nodeName: 'n', containers: [{ name: 'c' }] },
        status: {
          phase: 'Running',
          podIP: '10.1.0.1',
          conditions: [{ type: 'Ready', status: 'True', reason: 'x' }],
          hostIP: '1',
        },
      },
      {
        spec: { nodeName: 'n' },
        status: { phase: 'Running', podIP: '10.1.0.1', conditions: [{ type: 'Ready', status: 'True' }] },
      },
    ],
  ];
  for (const [kind, raw, expected] of kept) {
    it(`keeps of ${kind} what the types name`, () => {
      const object = slimmed(kind, { metadata: { name: 'x' }, ...raw });
      expect(object).to.deep.equal({
        kind,
        apiVersion: kindTable[kind].apiVersion,
        metadata: { name: 'x', ...emptyMeta },
        ...expected,
      });
      expectFrozen(object);
    });
  }

  const repaired: readonly (readonly [string, Kind, object, object])[] = [
    ['an Ingress without spec', 'Ingress', {}, { spec: {} }],
    ['a spec that is a text', 'Ingress', { spec: 'x' }, { spec: {} }],
    ['a spec that is null', 'Service', { spec: null }, { spec: {} }],
    ['a class without spec', 'IngressClass', {}, { spec: {} }],
    ['rules that are no list', 'Ingress', { spec: { rules: { a: 1 } } }, { spec: {} }],
    [
      'a rule that is no object',
      'Ingress',
      { spec: { rules: [null, 'x', { host: 'h' }] } },
      { spec: { rules: [{ host: 'h' }] } },
    ],
    [
      'a path without backend',
      'Ingress',
      { spec: { rules: [{ http: { paths: [{ path: '/' }] } }] } },
      { spec: { rules: [{ http: { paths: [{ path: '/', backend: {} }] } }] } },
    ],
    [
      'a backend without a service name',
      'Ingress',
      { spec: { defaultBackend: { service: {} } } },
      { spec: { defaultBackend: {} } },
    ],
    [
      'a port that is no number',
      'Service',
      { spec: { ports: [{ port: '80' }, { port: 81 }] } },
      { spec: { ports: [{ port: 81 }] } },
    ],
    [
      'a slice with null for lists',
      'EndpointSlice',
      { addressType: 'IPv6', endpoints: null, ports: null },
      { addressType: 'IPv6' },
    ],
    ['a slice without a type', 'EndpointSlice', {}, { addressType: '' }],
    ['data that is no object', 'ConfigMap', { data: ['x'] }, {}],
    ['data with a number', 'ConfigMap', { data: { a: 1, b: 'c' } }, { data: { b: 'c' } }],
  ];
  for (const [name, kind, raw, expected] of repaired) {
    it(`repairs ${name}`, () => {
      const {
        apiVersion: _apiVersion,
        kind: _kind,
        metadata: _metadata,
        ...body
      } = slimmed(kind, {
        metadata: { name: 'x' },
        ...raw,
      });
      expect(body).to.deep.equal(expected);
    });
  }

  it('repairs metadata', () => {
    const object = slimmed('Ingress', {
      metadata: { name: 'x', namespace: null, labels: 'l', generation: '1' },
    });
    expect(object.metadata).to.deep.equal({ name: 'x', ...emptyMeta });
  });

  for (const raw of [
    undefined,
    null,
    'x',
    [],
    {},
    { metadata: null },
    { metadata: {} },
    { metadata: { name: '' } },
    { metadata: { name: 1 } },
  ]) {
    it(`calls ${JSON.stringify(raw)} nameless`, () => {
      for (const kind of kinds) expect(slim(kind, raw)).to.equal('nameless');
    });
  }

  it('does not want Helm releases', () => {
    const raw = { metadata: { name: 'x' }, type: 'helm.sh/release.v1', data: { release: 'x' } };
    expect(slim('Secret', raw)).to.equal('unwanted');
  });

  it('never throws and always freezes', () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    const raw = fc.record(
      {
        metadata: fc.oneof(json, fc.record({ name: fc.string(), labels: json })),
        spec: json,
        status: json,
        data: json,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.constantFrom(...kinds), raw, (kind, value) => {
        const object = slim(kind, value);
        if (isObject(object)) expectFrozen(object);
      }),
      { numRuns: 300 },
    );
  });
});
