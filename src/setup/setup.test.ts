import { expect } from 'chai';
import { defaultOptions } from '../config/flags/parse.ts';
import type { Options } from '../config/flags/table.ts';
import { layoutOf } from '../nginx/layout.ts';
import { nginx126 } from '../testing/builders/environment.ts';
import { graphOptionsOf } from './graph-options.ts';
import { environmentOf } from './prepare.ts';

function options(overrides: Partial<Options> = {}): Options {
  return { ...defaultOptions(), ...overrides };
}

describe('graphOptionsOf', () => {
  it('takes the defaults of ingress-nginx', () => {
    const { ownEndpoints, reach, streams, ...rest } = graphOptionsOf(options());
    expect(reach.exceptions).to.deep.equal([]);
    expect([streams.tcp, streams.udp, streams.passthrough]).to.deep.equal([null, null, false]);
    expect(streams.module).to.equal('there');
    expect([...streams.reserved.keys()].sort((a, b) => a - b)).to.deep.equal([
      0, 80, 442, 443, 8181, 10_245, 10_246, 10_247, 10_254,
    ]);
    expect(ownEndpoints).to.include('127.0.0.1:80').and.include('127.0.0.1:10246');
    expect(rest).to.deep.equal({
      ingressClass: 'nginx',
      controllerClass: 'k8s.io/ingress-nginx',
      ingressClassByName: false,
      watchIngressWithoutClass: false,
      annotationsPrefix: 'nginx.ingress.kubernetes.io',
      disableCatchAll: false,
      disableSvcExternalName: false,
      namespaceSelector: null,
      defaultBackendService: null,
      defaultSslCertificate: null,
      loopbackEndpoints: 'refused',
      snippetDirectives: [],
      budgets: {
        paths: 3000,
        expressionBytes: 200_000,
        aliases: 100,
        addresses: 3000,
        limitedIngresses: 1000,
        userBytes: 1_000_000,
      },
    });
  });

  it('keeps others from the port of the status page when there is one', () => {
    const of = (dashboard: boolean) => graphOptionsOf(options({ dashboard, dashboardAddress: ':7' }));
    expect([of(true).streams.reserved.get(7), of(false).streams.reserved.get(7)]).to.deep.equal([
      '--dashboard-address',
      undefined,
    ]);
    expect(of(true).ownEndpoints).to.include('127.0.0.1:7');
    expect(of(false).ownEndpoints).to.not.include('127.0.0.1:7');
  });

  it('takes the networks that may be reached all the same', () => {
    const { reach } = graphOptionsOf(options({ allowedAddresses: ['127.0.0.0/8'] }));
    expect([reach.classify('127.1.2.3'), reach.classify('169.254.1.1')]).to.deep.equal([
      'ordinary',
      'link-local',
    ]);
  });

  it('knows the ports of the controller at all of its addresses, but not that of its metrics', () => {
    const flags = { httpPort: 1, httpsPort: 2, statusPort: 3, healthzPort: 4, validatingWebhook: ':5' };
    const { ownEndpoints } = graphOptionsOf(options(flags));
    const ports = [...ownEndpoints].filter((place) => place.startsWith('127.0.0.1:')).sort();
    expect(ports).to.deep.equal([1, 2, 3, 5].map((port) => `127.0.0.1:${port}`));
    expect(ownEndpoints.size % 4).to.equal(0);
  });

  for (const [flag, budget] of [
    ['maxPathsPerIngress', 'paths'],
    ['maxRegexBytesPerIngress', 'expressionBytes'],
    ['maxAliasesPerIngress', 'aliases'],
    ['maxAddressesPerList', 'addresses'],
    ['maxLimitedIngressesPerNamespace', 'limitedIngresses'],
    ['maxUserBytesPerNamespace', 'userBytes'],
  ] as const) {
    it(`takes ${flag}, and 0 for any number`, () => {
      const of = (value: number) => graphOptionsOf(options({ [flag]: value })).budgets;
      expect(of(7)).to.deep.equal({ ...of(3), [budget]: 7 });
      expect(of(0)[budget]).to.equal(Infinity);
    });
  }

  it('lets manifests name backends on this machine, a cluster not', () => {
    const loopback = (manifests: readonly string[]) =>
      graphOptionsOf(options({ manifests: [...manifests] })).loopbackEndpoints;
    expect([loopback([]), loopback(['/m'])]).to.deep.equal(['refused', 'allowed']);
  });

  it('reads the selector of namespaces', () => {
    const { namespaceSelector } = graphOptionsOf(options({ watchNamespaceSelector: 'team in (a,b)' }));
    expect(namespaceSelector?.matches({ team: 'b' })).to.equal(true);
    expect(namespaceSelector?.matches({ team: 'c' })).to.equal(false);
  });

  it('names the flag when the selector cannot be read', () => {
    expect(() => graphOptionsOf(options({ watchNamespaceSelector: 'a b' }))).to.throw(
      '--watch-namespace-selector: "a b" is not a label requirement',
    );
  });
});

describe('environmentOf', () => {
  const assets = {
    templates: '/templates',
    lua: '/lua',
    dashboard: '/dashboard',
    modsecurity: { usual: '/m', coreRules: '/c' },
    confine: null,
  } as const;
  const of = (kind: 'image' | 'checkout', overrides: Partial<Options> = {}) =>
    environmentOf({
      options: options(overrides),
      place: { kind, assets },
      layout: layoutOf('/data'),
      features: nginx126,
    });

  it('takes ports, paths and features from where they are decided', () => {
    const environment = of('checkout', {
      httpPort: 8080,
      httpsPort: 8443,
      statusPort: 1,
      healthCheckPath: '/h',
    });
    expect(environment).to.include({ healthPath: '/h', luaDir: '/lua', features: nginx126 });
    expect(environment.ports).to.deep.equal({
      http: 8080,
      https: 8443,
      status: 1,
      passthroughProxy: 442,
      defaultServer: null,
    });
  });

  it('listens for the default backend in the image, elsewhere only where the flag says so', () => {
    expect(of('image').ports.defaultServer).to.equal(8181);
    expect(of('checkout').ports.defaultServer).to.equal(null);
    expect(of('checkout', { defaultServerPort: 9999 }).ports.defaultServer).to.equal(9999);
  });

  for (const [what, overrides, native] of [
    ['none', {}, null],
    ['none for a factor of 1', { bucketFactor: 1 }, null],
    ['those of a factor', { bucketFactor: 1.1 }, { schema: 3, most: 100 }],
    ['their most buckets', { bucketFactor: 2, maxBuckets: 7 }, { schema: 0, most: 7 }],
  ] as const)
    it(`has native histograms: ${what}`, () => {
      expect(of('image', { ...overrides, enableMetrics: true }).metrics?.native).to.deep.equal(native);
      expect(of('image', overrides).metrics).to.equal(null);
    });

  it('measures the machine within the bounds that nginx needs', () => {
    const { backlog, openFiles, cpus, dns } = of('checkout');
    expect(backlog).to.be.at.least(511);
    expect(openFiles).to.be.at.least(1024);
    expect(cpus).to.be.at.least(1);
    expect(dns.ndots).to.be.within(0, 15);
  });
});
