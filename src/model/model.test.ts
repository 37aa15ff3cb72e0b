import { expect } from 'chai';
import { readSettings } from '../config/settings/read.ts';
import { liveMapOf } from '../testing/builders/pipeline.ts';
import { makeCertificate } from '../testing/certificate.ts';
import { defaultSettings, graphOf, ingress, secret, service, slice } from '../testing/terse.ts';
import type { TerseIngress } from '../testing/terse.ts';
import { createModelBuilder } from './build.ts';
import type { Model, ProxyPolicy } from './model.ts';
import { wildcardPattern } from '../text/server-name.ts';
import { lengthsOf, nameHash } from './servers.ts';
import type { HostName } from '../text/safe.ts';

function modelOf(inputs: readonly TerseIngress[], settings = defaultSettings): Model {
  return createModelBuilder().build(graphOf([...inputs.map(ingress), service(), slice()]), settings);
}

function policiesOf(model: Model, host: string) {
  return model.servers.find((server) => server.host === host)?.locations.map(({ policy }) => policy) ?? [];
}

describe('policies', () => {
  it('are one value where they are equal, whoever owns them', () => {
    const model = modelOf([
      { name: 'a', rules: { 'a.test': ['/', '/x'] }, with: { 'proxy-read-timeout': '30' } },
      { name: 'b', rules: { 'b.test': ['/'] }, with: { 'proxy-read-timeout': '30' } },
      { name: 'c', rules: { 'c.test': ['/'] } },
    ]);
    const policies = ['a.test', 'b.test', 'c.test'].flatMap((host) => policiesOf(model, host));
    expect(new Set(policies).size).to.equal(2);
    expect(policies[0]).to.equal(policies.at(-2));
  });

  const proxies: readonly (readonly [string, string, Partial<ProxyPolicy>])[] = [
    ['proxy-connect-timeout', '7', { connectTimeout: '7s' as ProxyPolicy['connectTimeout'] }],
    ['proxy-body-size', '0', { bodySize: '0' as ProxyPolicy['bodySize'] }],
    ['proxy-buffering', 'on', { buffering: 'on' }],
    ['proxy-http-version', '1.0', { httpVersion: '1.0' }],
    ['proxy-next-upstream-tries', '5', { nextUpstreamTries: 5 }],
    ['proxy-buffer-size', '8k', { bufferSize: '8k' as ProxyPolicy['bufferSize'], buffersNumber: 4 }],
    [
      'proxy-buffers-number',
      '2',
      {
        bufferSize: '4k' as ProxyPolicy['bufferSize'],
        buffersNumber: 2,
        busyBuffersSize: '4k' as ProxyPolicy['busyBuffersSize'],
      },
    ],
  ];
  for (const [name, value, expected] of proxies) {
    it(`${name}: ${value} is all that differs`, () => {
      const [policy] = policiesOf(
        modelOf([{ rules: { 'a.test': ['/'] }, with: { [name]: value } }]),
        'a.test',
      );
      const given = Object.fromEntries(
        Object.entries(policy?.proxy ?? {}).filter(([, entry]) => entry !== null),
      );
      expect(given).to.deep.equal(expected);
    });
  }

  it('deny where nobody could log in', () => {
    const [policy] = policiesOf(
      modelOf([{ rules: { 'a.test': ['/'] }, with: { 'auth-type': 'basic' } }]),
      'a.test',
    );
    expect(policy?.answer).to.equal('denied');
  });

  it('ask for passwords, but not below paths that are open to all', () => {
    const given = { 'auth-type': 'basic', 'auth-secret': 'users' };
    const paths = ['/', '/.well-known/acme-challenge/x'];
    const model = modelOf([{ rules: { 'a.test': paths }, with: given }]);
    const server = model.servers.find(({ host }) => host === 'a.test');
    const found = (server?.locations ?? []).map(({ route, policy }) => [
      route.path,
      route.users,
      policy.password,
    ]);
    const asks = { scheme: 'basic', realm: '' };
    expect(found).to.deep.include.members([
      ['/', 'basic-auth-file:default/users', asks],
      ['/.well-known/acme-challenge/x', null, null],
    ]);
    expect(model.http.asksForPasswords).to.equal(true);
    expect(modelOf([{ rules: { 'a.test': ['/'] } }]).http.asksForPasswords).to.equal(false);
  });

  it('take no redirect for the catch-all', () => {
    const [policy] = policiesOf(
      modelOf([{ defaultBackend: 'web', with: { 'force-ssl-redirect': 'true' } }]),
      '_',
    );
    expect(policy?.redirect).to.deep.include({ ssl: false, forceSsl: false });
  });
});

describe('servers', () => {
  it('are ordered by host, _ among them', () => {
    const model = modelOf([{ rules: { 'b.test': ['/'], '*.a.test': ['/'], 'a.test': ['/'] } }]);
    expect(model.servers.map(({ host }) => host)).to.deep.equal(['*.a.test', '_', 'a.test', 'b.test']);
  });

  it('match one label under a wildcard, no more and no less', () => {
    const pattern = new RegExp(wildcardPattern('*.a.test' as HostName));
    const hosts = [
      'x.a.test',
      'x-1_y.a.test',
      'a.test',
      'x.y.a.test',
      '.a.test',
      'x.aatest',
      'x.a.test.evil',
    ];
    expect(hosts.map((host) => pattern.test(host))).to.deep.equal([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(pattern.exec('x.a.test')?.groups?.['subdomain']).to.equal('x');
  });

  it('fit into the table of names: the longest, and all together', () => {
    expect(nameHash([lengthsOf(['_'])])).to.deep.equal({ bucketSize: 64, maxSize: 1024 });
    expect(nameHash([lengthsOf(['a'.repeat(46)])])).to.deep.equal({ bucketSize: 64, maxSize: 1024 });
    expect(nameHash([lengthsOf(['a'.repeat(47)])])).to.deep.equal({ bucketSize: 128, maxSize: 1024 });
    expect(
      nameHash(Array.from({ length: 10 }, () => lengthsOf(Array.from({ length: 10 }, () => 'a'.repeat(20)))))
        .maxSize,
    ).to.equal(2048);
  });
});

describe('identity', () => {
  it('gives the same server for an unchanged host, and new ones when settings change', () => {
    const builder = createModelBuilder();
    const graph = graphOf([ingress({ rules: { 'a.test': ['/'] } }), service(), slice()]);
    const first = builder.build(graph, defaultSettings).servers;
    expect(builder.build(graph, defaultSettings).servers).to.equal(first);
    const other = builder.build(graph, readSettings({ 'proxy-body-size': '2m' }).settings).servers;
    expect(other[1]).not.to.equal(first[1]);
  });
});

describe('live state', () => {
  it('has a key for each backend, certificate and host with TLS', async () => {
    const certificate = await makeCertificate({ names: ['a.test'] });
    const graph = graphOf(
      [
        ingress({
          rules: { 'a.test': ['/'], 'b.test': ['/'] },
          tls: [{ hosts: ['a.test'], secretName: 's' }],
        }),
        service(),
        slice(),
        secret({ name: 's', data: certificate.data }),
        secret({ name: 'd', data: certificate.data }),
      ],
      { defaultSslCertificate: 'default/d' },
    );
    const live = liveMapOf(createModelBuilder().build(graph, defaultSettings));
    expect([...live.keys()].sort()).to.deep.equal([
      'backend:default-web-80',
      'backend:upstream-default-backend',
      'certificate:default/d',
      'certificate:default/s',
      'host:_',
      'host:a.test',
      'host:b.test',
    ]);
    expect(live.get('host:a.test')).to.equal('default/s');
    expect(live.get('host:b.test')).to.equal('-');
    expect(live.get('certificate:default/s')).to.include('BEGIN PRIVATE KEY');
    expect(JSON.parse(live.get('backend:default-web-80') ?? '')).to.deep.equal({
      service: 'default/web',
      port: '80',
      endpoints: ['10.1.0.1:8080', '10.1.0.2:8080'],
    });
    expect(JSON.parse(live.get('backend:upstream-default-backend') ?? '')).to.deep.equal({
      endpoints: [],
      status: 404,
    });
  });

  it('says what to resolve for an external name', () => {
    const graph = graphOf([
      ingress({ rules: { 'a.test': ['/'] } }),
      service({ spec: { type: 'ExternalName', externalName: 'x.example', ports: [] } }),
    ]);
    const live = liveMapOf(createModelBuilder().build(graph, defaultSettings));
    expect(JSON.parse(live.get('backend:default-web-80') ?? '')).to.deep.include({
      external: 'x.example',
      externalPort: 80,
    });
  });
});
