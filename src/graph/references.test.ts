import { expect } from 'chai';
import { createStores } from '../cluster/stores.ts';
import type { KubeObject } from '../source/objects.ts';
import { examplePair, otherPair } from '../testing/builders/certificates.ts';
import { evaluate, graphOptions, hostOf } from '../testing/builders/pipeline.ts';
import { configMap, ingress, ingressClass, secret, service } from '../testing/builders/objects.ts';
import { parseEndpointIdentity } from './backend-tls.ts';
import { createGraphBuilder } from './build.ts';
import type { GraphHost } from './graph.ts';

const { certificate, key } = examplePair;
const pair = { 'tls.crt': certificate, 'tls.key': key };
const ca = { 'ca.crt': otherPair.certificate };
const blocks = (...pems: readonly string[]) => `${pems.map((pem) => pem.trim()).join('\n')}\n`;

describe('what endpoints are shown, and whom they must come from', () => {
  const good: readonly (readonly [string, Readonly<Record<string, string>>, object])[] = [
    ['authorities', ca, { pem: blocks(ca['ca.crt']), trusts: true, shows: false }],
    [
      'authorities among text',
      { 'ca.crt': `hello\n${ca['ca.crt']}` },
      { pem: blocks(ca['ca.crt']), trusts: true, shows: false },
    ],
    ['a certificate', pair, { pem: blocks(certificate, key), trusts: false, shows: true }],
    ['both', { ...pair, ...ca }, { pem: blocks(certificate, key, ca['ca.crt']), trusts: true, shows: true }],
    [
      // Beside the authorities it would be one more of them.
      'a certificate without the root behind it',
      { 'tls.crt': certificate + otherPair.certificate, 'tls.key': key },
      { pem: blocks(certificate, key), trusts: false, shows: true },
    ],
    [
      'a certificate without a key is none',
      { 'tls.crt': certificate, ...ca },
      { pem: blocks(ca['ca.crt']), trusts: true, shows: false },
    ],
  ];
  for (const [what, data, value] of good) {
    it(`are ${what}`, () => {
      expect(parseEndpointIdentity(secret({ data }))).to.deep.equal({ ok: true, value });
    });
  }

  const bad: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
    ['nothing', {}, /neither "ca.crt" nor/],
    ['text', { 'ca.crt': 'x' }, /"ca.crt" that is not made of PEM/],
    [
      'a broken authority',
      { 'ca.crt': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      /"ca.crt"/,
    ],
    ['a key for another certificate', { ...pair, 'tls.key': otherPair.key }, /not the key of the first/],
    ['a certificate that is none', { ...pair, 'tls.crt': 'x' }, /not PEM/],
    ['a key that is none', { ...pair, 'tls.key': certificate }, /not PEM/],
    [
      'a key that nobody can read',
      { ...pair, 'tls.key': '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----' },
      /that OpenSSL does not take/,
    ],
  ];
  for (const [what, data, reason] of bad) {
    it(`are not ${what}`, () => {
      const parsed = parseEndpointIdentity(secret({ data }));
      expect(parsed.ok ? '' : parsed.reason).to.match(reason);
      expect(parsed.ok ? '' : parsed.reason).to.not.include('AAAA');
    });
  }
});

const asking = (annotations: Readonly<Record<string, string>>, rest = {}) =>
  ingress({ host: 'a.test', annotations: { 'proxy-ssl-secret': 'default/tls', ...annotations }, ...rest });
const inner = secret({ name: 'tls', data: { ...pair, ...ca } });

const trustOf = (objects: readonly KubeObject[]) =>
  hostOf(evaluate([service(), ...objects]), 'a.test').paths[0]?.owner;

describe('references of annotations', () => {
  it('lead to what the Secret holds', () => {
    const owner = trustOf([inner, asking({})]);
    expect(owner?.references.endpointTrust).to.include({ file: 'default-tls', trusts: true, shows: true });
    expect(owner?.state).to.equal('accepted');
  });

  const broken: readonly (readonly [string, readonly KubeObject[], Readonly<Record<string, string>>])[] = [
    ['a Secret that is missing', [], {}],
    ['a bare name', [inner], { 'proxy-ssl-secret': 'tls' }],
    ['two slashes', [inner], { 'proxy-ssl-secret': 'default/tls/x' }],
    [
      'another namespace',
      [secret({ name: 'tls', namespace: 'other', data: ca })],
      { 'proxy-ssl-secret': 'other/tls' },
    ],
    ['verification without authorities', [secret({ name: 'tls', data: pair })], { 'proxy-ssl-verify': 'on' }],
  ];
  for (const [what, objects, annotations] of broken) {
    it(`close the Ingress where they lead to ${what}`, () => {
      const { graph } = evaluate([service(), ...objects, asking(annotations)]);
      const owner = graph.hosts.find(({ name }) => name === 'a.test')?.paths[0]?.owner;
      expect([owner?.state, owner?.references.endpointTrust]).to.deep.equal(['denied', 'broken']);
      expect(graph.problems.map(({ code, severity }) => `${severity} ${code}`)).to.deep.equal([
        'warning backend-tls-invalid',
      ]);
    });
  }

  it('may lead to another namespace where the ConfigMap allows it', () => {
    const there = secret({ name: 'tls', namespace: 'other', data: ca });
    const owner = trustOf([
      there,
      asking({ 'proxy-ssl-secret': 'other/tls' }),
      configMap({ 'allow-cross-namespace-resources': 'true' }),
    ]);
    expect(owner?.references.endpointTrust).to.include({ file: 'other-tls' });
  });

  it('give a Secret that clients must come from, too, another file', () => {
    const owner = trustOf([inner, asking({ 'auth-tls-secret': 'default/tls' })]);
    expect(owner?.references.endpointTrust)
      .to.have.property('file')
      .that.matches(/^default-tls-[0-9a-f]{8}$/);
  });

  it('make the oldest Ingress with authorities speak for the host', () => {
    const objects = [
      service(),
      inner,
      secret({ name: 'shown', data: pair }),
      asking({ 'proxy-ssl-secret': 'default/shown' }, { name: 'a', created: '2026-01-01T00:00:00Z' }),
      asking({}, { name: 'b', created: '2026-01-02T00:00:00Z', paths: ['/b'] }),
      asking({}, { name: 'c', created: '2026-01-03T00:00:00Z', paths: ['/c'] }),
    ];
    expect(hostOf(evaluate(objects), 'a.test').endpointTrustOwner?.name).to.equal('b');
  });

  it('keep hosts by identity until what they lead to changes', () => {
    const builder = createGraphBuilder(graphOptions);
    const stores = createStores(() => undefined);
    const { settings } = evaluate([]);
    const build = (): GraphHost | undefined =>
      builder
        .build(stores.snapshot(), {
          ...settings,
          ingressClassesReadable: true,
          zone: null,
          heldPorts: new Map(),
          resolvedNames: new Map(),
        })
        .hosts.find(({ name }) => name === 'a.test');
    for (const object of [ingressClass(), service(), inner, asking({})]) stores.put(object);
    const first = build();
    expect(first?.paths[0]?.owner?.state).to.equal('accepted');
    stores.put(secret({ name: 'other', data: ca }));
    expect(build()).to.equal(first);
    stores.put(secret({ name: 'tls', version: '2', data: ca }));
    expect(build()).to.not.equal(first);
    stores.remove('Secret', 'default/tls');
    expect(build()?.paths[0]?.owner?.state).to.equal('denied');
    stores.put(inner);
    expect(build()?.paths[0]?.owner?.state).to.equal('accepted');
  });
});
