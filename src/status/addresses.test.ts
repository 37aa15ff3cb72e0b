import { expect } from 'chai';
import type { Ingress, KubeObject, Node, Pod, Service } from '../source/objects.ts';
import { ingress, service } from '../testing/builders/objects.ts';
import { snapshotOf } from '../testing/builders/pipeline.ts';
import { addressesOf, isReady, normalise } from './addresses.ts';
import type { AddressOptions } from './addresses.ts';
import { createStatusPlanner } from './plan.ts';

const planStatus = createStatusPlanner();
const statusesOf = (ingresses: readonly Ingress[]) => snapshotOf(ingresses).statuses;

const options: AddressOptions = { publishStatusAddress: '', publishService: '', reportNodeInternalIp: false };

const metadata = (name: string, namespace = '') => ({
  name,
  namespace,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '',
});

function node(name: string, addresses: Readonly<Record<string, string>>): Node {
  const list = Object.entries(addresses).map(([address, type]) => ({ address, type }));
  return { kind: 'Node', apiVersion: 'v1', metadata: metadata(name), status: { addresses: list } };
}

function pod(name: string, nodeName: string, status: Pod['status'] = ready): Pod {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: metadata(name, 'ingress-nginx'),
    spec: { nodeName },
    ...(status === undefined ? {} : { status }),
  };
}

const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } as const;
const starting = { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] } as const;

const addresses = (objects: readonly KubeObject[], overrides: Partial<AddressOptions>) =>
  addressesOf(snapshotOf(objects), { ...options, ...overrides });

describe('addresses for the status', () => {
  for (const [text, expected] of [
    ['1.2.3.4', [{ ip: '1.2.3.4' }]],
    ['lb.example.com', [{ hostname: 'lb.example.com' }]],
    ['2001:db8::1', [{ ip: '2001:db8::1' }]],
    [
      'lb.example.com,  1.2.3.4,1.2.3.3,',
      [{ ip: '1.2.3.3' }, { ip: '1.2.3.4' }, { hostname: 'lb.example.com' }],
    ],
    ['1.2.3.4,1.2.3.4', [{ ip: '1.2.3.4' }]],
  ] as const) {
    it(`are those of the flag: ${text}`, () => {
      const objects = [service({ namespace: 'ingress-nginx', name: 'lb', clusterIP: '10.0.0.9' })];
      const flags = { publishStatusAddress: text, publishService: 'ingress-nginx/lb' };
      expect(addresses(objects, flags)).to.deep.equal(expected);
    });
  }

  type Spec = Partial<Service['spec']>;
  const status = (entries: readonly { readonly ip?: string; readonly hostname?: string }[]) => ({
    loadBalancer: { ingress: entries },
  });
  for (const [name, spec, entries, expected] of [
    ['a cluster IP', { type: 'ClusterIP', clusterIP: '10.0.0.9' }, [], [{ ip: '10.0.0.9' }]],
    ['a headless Service', { type: 'ClusterIP', clusterIP: 'None' }, [], []],
    ['a Service without an address', { type: 'ClusterIP', clusterIP: '' }, [], []],
    ['an external name', { type: 'ExternalName', externalName: 'x.org' }, [], [{ hostname: 'x.org' }]],
    ['a node port', { type: 'NodePort', clusterIP: '10.0.0.9' }, [], [{ ip: '10.0.0.9' }]],
    [
      'a node port with external IPs',
      { type: 'NodePort', clusterIP: '10.0.0.9', externalIPs: ['1.1.1.1'] },
      [],
      [{ ip: '1.1.1.1' }],
    ],
    ['a load balancer that waits', { type: 'LoadBalancer', clusterIP: '10.0.0.9' }, [], []],
    ['a load balancer', { type: 'LoadBalancer' }, [{ ip: '1.1.1.1' }], [{ ip: '1.1.1.1' }]],
    [
      'a load balancer with both',
      { type: 'LoadBalancer' },
      [{ ip: '1.1.1.1', hostname: 'lb' }],
      [{ ip: '1.1.1.1', hostname: 'lb' }],
    ],
    ['a load balancer with empty texts', { type: 'LoadBalancer' }, [{ ip: '', hostname: '' }], []],
    [
      'a load balancer with external IPs, each once',
      { type: 'LoadBalancer', externalIPs: ['1.1.1.1', '2.2.2.2'] },
      [{ ip: '1.1.1.1' }, { hostname: 'lb' }],
      [{ ip: '1.1.1.1' }, { ip: '2.2.2.2' }, { hostname: 'lb' }],
    ],
  ] as const satisfies readonly (readonly [string, Spec, Parameters<typeof status>[0], unknown])[]) {
    it(`are those of ${name}`, () => {
      const lb = service({ namespace: 'ingress-nginx', name: 'lb', ...spec });
      const objects = [{ ...lb, status: status(entries) }];
      expect(addresses(objects, { publishService: 'ingress-nginx/lb' })).to.deep.equal(expected);
    });
  }

  it('are none while the Service does not exist', () => {
    expect(addresses([], { publishService: 'ingress-nginx/lb' })).to.deep.equal([]);
  });

  const nodes = [
    node('both', { '1.0.0.1': 'ExternalIP', '10.0.0.1': 'InternalIP', both: 'Hostname' }),
    node('inside', { '10.0.0.2': 'InternalIP' }),
    node('bare', {}),
  ];
  for (const [name, pods, internal, expected] of [
    ['external where there is one', [pod('a', 'both'), pod('b', 'inside')], false, ['1.0.0.1', '10.0.0.2']],
    ['internal when told so', [pod('a', 'both'), pod('b', 'inside')], true, ['10.0.0.1', '10.0.0.2']],
    ['of ready pods only', [pod('a', 'both', starting), pod('b', 'inside')], false, ['10.0.0.2']],
    ['of each node once', [pod('a', 'both'), pod('b', 'both')], false, ['1.0.0.1']],
    ['none for unknown or bare nodes', [pod('a', 'bare'), pod('b', 'gone'), pod('c', '')], false, []],
  ] as const) {
    it(`are those of nodes: ${name}`, () => {
      const found = addresses([...nodes, ...pods], { reportNodeInternalIp: internal });
      expect(found).to.deep.equal(expected.map((ip) => ({ ip })));
    });
  }

  it('count a pod as ready only while it runs, is ready, and stays', () => {
    expect(isReady(pod('a', 'n'))).to.equal(true);
    expect(isReady(pod('a', 'n', starting))).to.equal(false);
    expect(isReady(pod('a', 'n', { ...ready, phase: 'Pending' }))).to.equal(false);
    expect(isReady(pod('a', 'n', { phase: 'Running' }))).to.equal(false);
    const ending = pod('a', 'n');
    expect(isReady({ ...ending, metadata: { ...ending.metadata, deletionTimestamp: 'x' } })).to.equal(false);
  });

  it('have one order', () => {
    const list = [
      { hostname: 'b' },
      { ip: '2.2.2.2' },
      { hostname: 'a' },
      { ip: '1.1.1.1' },
      { hostname: 'b' },
    ];
    const expected = [{ ip: '1.1.1.1' }, { ip: '2.2.2.2' }, { hostname: 'a' }, { hostname: 'b' }];
    expect(normalise(list)).to.deep.equal(expected);
    expect(normalise(list.toReversed())).to.deep.equal(expected);
  });
});

describe('plan of statuses', () => {
  const holding = (
    name: string,
    entries: readonly { readonly ip?: string; readonly hostname?: string }[],
  ) => ({
    ...ingress({ name }),
    status: { loadBalancer: { ingress: entries } },
  });
  const wanted = [{ ip: '1.1.1.1' }, { hostname: 'lb' }];

  for (const [name, current, differs] of [
    ['nothing', undefined, true],
    ['an empty list', [], true],
    ['the same', wanted, false],
    ['the same in another order', wanted.toReversed(), false],
    [
      'the same with empty texts',
      [
        { ip: '1.1.1.1', hostname: '' },
        { hostname: 'lb', ip: '' },
      ],
      false,
    ],
    ['less', [{ ip: '1.1.1.1' }], true],
    ['more', [...wanted, { ip: '2.2.2.2' }], true],
    ['others', [{ ip: '3.3.3.3' }, { hostname: 'lb' }], true],
  ] as const) {
    it(`${differs ? 'writes where' : 'leaves alone where'} ${name} stands`, () => {
      const object = current === undefined ? ingress({ name: 'x' }) : holding('x', current);
      const plan = planStatus([object], statusesOf([object]), wanted);
      expect(plan).to.deep.equal(differs ? [{ namespace: 'default', name: 'x', addresses: wanted }] : []);
    });
  }

  it('clears what stands there, and nothing else', () => {
    const ingresses = [ingress({ name: 'a' }), holding('b', [{ ip: '1.1.1.1' }])];
    const plan = planStatus(ingresses, statusesOf(ingresses), []);
    expect(plan).to.deep.equal([{ namespace: 'default', name: 'b', addresses: [] }]);
  });
});
