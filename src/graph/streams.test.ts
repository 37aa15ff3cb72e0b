import { expect } from 'chai';
import type { KubeObject } from '../source/objects.ts';
import { configMap, ingressClass, service, slice } from '../testing/builders/objects.ts';
import { CONFIG_MAP, graphOptions, snapshotOf } from '../testing/builders/pipeline.ts';
import { defaultSettings } from '../testing/terse.ts';
import { createGraphBuilder } from './build.ts';
import type { GraphSettings } from './collect.ts';
import { createStreamMaps, streamNamesOf, streamPortsOf } from './streams.ts';

const streams = {
  tcp: 'default/tcp',
  udp: 'default/udp',
  reserved: new Map([[443, '--https-port']]),
  passthrough: false,
  module: 'there' as const,
};
const ownEndpoints = new Set(['192.0.2.1:80']);
const settings: GraphSettings = {
  ...defaultSettings,
  ingressClassesReadable: true,
  zone: null,
  heldPorts: new Map(),
  resolvedNames: new Map(),
};

const tcp = (data: Readonly<Record<string, string>>) =>
  configMap(data, { namespace: 'default', name: 'tcp' });
const udp = (data: Readonly<Record<string, string>>) =>
  configMap(data, { namespace: 'default', name: 'udp' });
const dual = [
  service({
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP', targetPort: 1053 },
      { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 2053 },
    ],
  }),
  slice({
    ports: [
      { name: 'dns', port: 1053, protocol: 'UDP' },
      { name: 'dns-tcp', port: 2053, protocol: 'TCP' },
    ],
  }),
];

/** A store keeps the first of two objects of one version. */
function isLast({ kind, metadata }: KubeObject, at: number, all: readonly KubeObject[]): boolean {
  return !all.slice(at + 1).some((other) => other.kind === kind && other.metadata.name === metadata.name);
}

function read(objects: readonly KubeObject[], more: Partial<GraphSettings> = {}) {
  const graph = createGraphBuilder({ ...graphOptions, streams, ownEndpoints }).build(
    snapshotOf([ingressClass(), tcp({}), udp({}), ...objects].filter(isLast)),
    { ...settings, ...more },
  );
  const shown = graph.streams.services.map(
    ({ protocol, port, name, endpoints }) => `${protocol} ${port} ${name} ${endpoints.join(' ')}`,
  );
  const problems = graph.problems.map(({ code, object, field, message }) =>
    `${code} ${object.kind} ${object.namespace}/${object.name} ${field}: ${message}`.trim(),
  );
  return { shown, problems, wanted: graph.streams.wanted };
}

describe('TCP and UDP services of the graph', () => {
  it('are ordered by port, TCP first, with endpoints of their protocol', () => {
    const { shown, problems } = read([
      ...dual,
      tcp({ '10000': 'default/web:53', '9000': 'default/web:dns-tcp' }),
      udp({ '53': 'default/web:dns' }),
    ]);
    expect(shown).to.deep.equal([
      'tcp 9000 tcp-default-web-dns-tcp 10.0.0.1:2053',
      'tcp 10000 tcp-default-web-53 10.0.0.1:2053',
      'udp 53 udp-default-web-dns 10.0.0.1:1053',
    ]);
    expect(problems).to.deep.equal([]);
  });

  for (const [what, data, words] of [
    [
      'a reserved port',
      { '443': 'default/web:80' },
      /asks for port 443, which --https-port has; write another/,
    ],
    ['a port twice', { '9000': 'default/web:80', '09000': 'default/web:80' }, /names port 9000 once more/],
    [
      'a target port',
      { '9001': 'default/web:8080' },
      /Service default\/web spec.ports: has no port "8080" of TCP/,
    ],
    ['a port of UDP', { '9001': 'default/web:none' }, /has no port "none" of TCP .*its port is not opened/],
    [
      'nothing',
      { '9001': 'default/gone:80' },
      /Service default\/gone : does not exist; its port is not opened/,
    ],
    [
      'no endpoints',
      { '9001': 'default/empty:80' },
      /data\["9001"\]: Service default\/empty has no endpoints/,
    ],
    ['itself', { '9001': 'default/self:80' }, /endpoint "192.0.2.1:9001" is the controller itself/],
  ] as const) {
    it(`leave out ${what}, and nothing else`, () => {
      const { shown, problems } = read([
        service(),
        slice(),
        service({ name: 'empty' }),
        service({ name: 'self' }),
        slice({
          name: 'self',
          service: 'self',
          addresses: ['192.0.2.1'],
          ports: [{ name: 'http', port: 9001, protocol: 'TCP' }],
        }),
        tcp({ ...data, '8000': 'default/web:80' }),
      ]);
      expect(shown[0]).to.equal('tcp 8000 tcp-default-web-80 10.0.0.1:8080');
      expect(shown).to.have.length(what === 'a port twice' ? 2 : 1);
      expect(problems.join('\n')).to.match(words);
    });
  }

  it('leave out ports that others have, until they are free', () => {
    const objects = [service(), slice(), tcp({ '9000': 'default/web:80', '9001': 'default/web:80' })];
    const { shown, problems } = read(objects, {
      heldPorts: new Map([['tcp 9000', 'another process has it']]),
    });
    expect(shown).to.deep.equal(['tcp 9001 tcp-default-web-80 10.0.0.1:8080']);
    expect(problems).to.have.length(1);
    expect(problems[0]).to.include('data["9000"]: port 9000 cannot be opened: another process has it');
  });

  it('lead to addresses of external names, as far as these may be reached', () => {
    const objects = [
      service({ type: 'ExternalName', externalName: 'far.example', ports: [] }),
      tcp({ '9000': 'default/web:25' }),
    ];
    const known = (...addresses: readonly string[]) =>
      read(objects, { resolvedNames: new Map([['far.example', addresses]]) }).shown;
    expect(known('192.0.2.7', '2001:db8::7')).to.deep.equal([
      'tcp 9000 tcp-default-web-25 192.0.2.7:25 [2001:db8::7]:25',
    ]);
    expect(known('127.0.0.1', '169.254.169.254')).to.deep.equal([]);
    expect(known()).to.deep.equal([]);
    const snapshot = snapshotOf(objects);
    const { asked } = createStreamMaps(streams)(snapshot.configMaps);
    expect(streamNamesOf(asked, snapshot.services)).to.deep.equal(['far.example']);
    expect(streamPortsOf(asked)).to.deep.equal(['tcp 9000']);
  });

  it('say when their ConfigMap does not exist', () => {
    const graph = createGraphBuilder({ ...graphOptions, streams, ownEndpoints }).build(
      snapshotOf([]),
      settings,
    );
    expect(graph.problems.map(({ message }) => message)).to.deep.equal([
      'does not exist; no TCP service is served, create it or remove --tcp-services-configmap',
      'does not exist; no UDP service is served, create it or remove --udp-services-configmap',
    ]);
  });

  it('name all Services that they look for, those that do not exist too', () => {
    expect(read([tcp({ '9000': 'default/gone:1' })]).wanted).to.deep.equal(['default/gone']);
  });

  it('stay the same list while nothing about them changes', () => {
    const builder = createGraphBuilder({ ...graphOptions, streams, ownEndpoints });
    const objects = [service(), slice(), tcp({ '9000': 'default/web:80' }), udp({})];
    const first = builder.build(snapshotOf(objects), settings).streams.services;
    const more = [...objects, configMap({}, { name: CONFIG_MAP.replace(/.*\//, '') })];
    expect(builder.build(snapshotOf(more), settings).streams.services).to.equal(first);
    const other = [service(), slice({ addresses: ['10.0.0.2'] }), tcp({ '9000': 'default/web:80' }), udp({})];
    expect(builder.build(snapshotOf(other), settings).streams.services).to.not.equal(first);
  });
});
