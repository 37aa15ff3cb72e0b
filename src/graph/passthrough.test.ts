import { expect } from 'chai';
import type { KubeObject } from '../source/objects.ts';
import { ingress, ingressClass, service, slice } from '../testing/builders/objects.ts';
import type { IngressSpec } from '../testing/builders/objects.ts';
import { graphOptions, snapshotOf } from '../testing/builders/pipeline.ts';
import { defaultSettings } from '../testing/terse.ts';
import { createGraphBuilder } from './build.ts';

const on = { 'ssl-passthrough': 'true' };
const settings = {
  ...defaultSettings,
  ingressClassesReadable: true,
  zone: null,
  heldPorts: new Map(),
  resolvedNames: new Map(),
};

function builder(passthrough = true) {
  return createGraphBuilder({ ...graphOptions, streams: { ...graphOptions.streams, passthrough } });
}

function read(objects: readonly KubeObject[], made = builder()) {
  const graph = made.build(snapshotOf([ingressClass(), service(), slice(), ...objects]), settings);
  return {
    list: graph.passthrough,
    hosts: graph.passthrough.map(({ host, endpoints }) => `${host} ${endpoints.join(' ')}`),
    problems: graph.problems.map(({ code, message }) => `${code}: ${message}`),
  };
}

const web = (spec: IngressSpec) => ingress({ host: 'a.test', annotations: on, ...spec });

describe('hosts whose TLS is handed on', () => {
  it('lead to the address of the Service of their path "/"', () => {
    const { hosts, problems } = read([web({})]);
    expect([hosts, problems]).to.deep.equal([['a.test 10.96.0.10:80'], []]);
  });

  it('lead to endpoints where the Service has no address', () => {
    const headless = service({ name: 'bare', clusterIP: 'None' });
    const objects = [
      headless,
      slice({ service: 'bare', addresses: ['10.0.0.8', '10.0.0.9'] }),
      web({ paths: [{ path: '/', service: 'bare' }] }),
    ];
    expect(read(objects).hosts).to.deep.equal(['a.test 10.0.0.8:8080 10.0.0.9:8080']);
  });

  it('are ordered, and the same list while nothing about them changes', () => {
    const made = builder();
    const first = read([web({ name: 'b', host: 'b.test' }), web({})], made);
    expect(first.hosts.map((host) => host.slice(0, 6))).to.deep.equal(['a.test', 'b.test']);
    const more = [web({ name: 'b', host: 'b.test' }), web({}), ingress({ name: 'c', host: 'c.test' })];
    expect(read(more, made).list).to.equal(first.list);
  });

  it('count when an Ingress of the namespace of "/" says so', () => {
    const objects = [
      ingress({ host: 'a.test', created: '2026-01-01T00:00:00Z' }),
      web({ name: 'other', paths: ['/x'], created: '2026-01-02T00:00:00Z' }),
    ];
    const { hosts, problems } = read(objects);
    expect(hosts).to.deep.equal(['a.test 10.96.0.10:80']);
    expect(problems).to.deep.equal([
      'passthrough-unusable: host "a.test" is handed on by its path "/" alone; others count for HTTP only',
    ]);
  });

  for (const [what, objects, words] of [
    [
      'a wildcard',
      [web({ host: '*.a.test' })],
      /"\*\.a\.test" cannot be handed on; write a rule with the full name/,
    ],
    [
      'a name that nginx takes for something else',
      [web({ host: 'default' })],
      /"default" cannot be handed on/,
    ],
    ['no path "/"', [web({ paths: ['/x'] })], /has no path "\/" with a Service; write one/],
    [
      'a Service that does not exist',
      [web({ paths: [{ path: '/', service: 'gone' }] })],
      /has no address for port 80/,
    ],
    [
      'an external name',
      [
        service({ name: 'far', type: 'ExternalName', externalName: 'far.example' }),
        web({ paths: [{ path: '/', service: 'far' }] }),
      ],
      /default\/far, an ExternalName Service/,
    ],
    [
      'somebody else of another namespace',
      [
        ingress({ host: 'a.test', created: '2026-01-01T00:00:00Z' }),
        web({ name: 'thief', namespace: 'other', paths: ['/x'], created: '2026-01-02T00:00:00Z' }),
      ],
      /from ingress default\/web, which does not ask for it/,
    ],
    [
      'a closed Ingress',
      [web({ annotations: { ...on, 'limit-rps': '1', 'whitelist-source-range': 'nonsense' } })],
      /is closed by its Ingress/,
    ],
  ] as const) {
    it(`are none with ${what}`, () => {
      const { hosts, problems } = read(objects);
      expect(hosts).to.deep.equal([]);
      expect(problems.join('\n')).to.match(words);
    });
  }

  it('are none without the flag, which is told, and none with "false"', () => {
    const { hosts, problems } = read([web({})], builder(false));
    expect(hosts).to.deep.equal([]);
    expect(problems.join()).to.include('runs without --enable-ssl-passthrough');
    expect(read([web({ annotations: { 'ssl-passthrough': 'false' } })])).to.deep.include({
      hosts: [],
      problems: [],
    });
  });

  it('are none where nginx cannot do it, which is told', () => {
    const streams = { ...graphOptions.streams, passthrough: true, module: 'missing' as const };
    const { hosts, problems } = read([web({})], createGraphBuilder({ ...graphOptions, streams }));
    expect(hosts).to.deep.equal([]);
    expect(problems.join()).to.match(/is not handed on, since nginx has no module .* install the package/);
  });

  it('are none where canaries ask', () => {
    const objects = [
      ingress({ host: 'a.test', created: '2026-01-01T00:00:00Z' }),
      web({ name: 'canary', annotations: { ...on, canary: 'true', 'canary-weight': '10' } }),
    ];
    expect(read(objects).list).to.deep.equal([]);
  });
});
