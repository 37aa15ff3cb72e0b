import { expect } from 'chai';
import { groups } from './spec.ts';
import { flagNames, flags, isFlagName } from './table.ts';

/** Names, kinds and defaults of ingress-nginx 1.15.1; `i` are whole numbers, `d` milliseconds, `f` numbers, `F` lists of them. */
const upstream: Readonly<Record<string, readonly [kind: string, value: unknown]>> = {
  'annotations-prefix': ['s', 'nginx.ingress.kubernetes.io'],
  'apiserver-host': ['s', ''],
  'bucket-factor': ['f', 0],
  'certificate-authority': ['s', ''],
  configmap: ['s', ''],
  'controller-class': ['s', 'k8s.io/ingress-nginx'],
  'deep-inspect': ['b', true],
  'default-backend-service': ['s', ''],
  'default-server-port': ['i', 8181],
  'default-ssl-certificate': ['s', ''],
  'disable-catch-all': ['b', false],
  'disable-full-test': ['b', false],
  'disable-leader-election': ['b', false],
  'disable-svc-external-name': ['b', false],
  'disable-sync-events': ['b', false],
  'dynamic-configuration-retries': ['i', 15],
  'election-id': ['s', 'ingress-controller-leader'],
  'election-ttl': ['d', 30_000],
  'enable-annotation-validation': ['b', true],
  'enable-metrics': ['b', false],
  'enable-ssl-chain-completion': ['b', false],
  'enable-ssl-passthrough': ['b', false],
  'enable-topology-aware-routing': ['b', false],
  'exclude-socket-metrics': ['S', []],
  'health-check-path': ['s', '/healthz'],
  'health-check-timeout': ['i', 10],
  'healthz-host': ['s', ''],
  'healthz-port': ['i', 10_254],
  'http-port': ['i', 80],
  'https-port': ['i', 443],
  'ingress-class': ['s', 'nginx'],
  'ingress-class-by-name': ['b', false],
  'internal-logger-address': ['s', '127.0.0.1:11514'],
  kubeconfig: ['s', ''],
  'length-buckets': ['F', [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]],
  'max-buckets': ['i', 100],
  'maxmind-edition-ids': ['s', 'GeoLite2-City,GeoLite2-ASN'],
  'maxmind-license-key': ['s', ''],
  'maxmind-mirror': ['s', ''],
  'maxmind-retries-count': ['i', 1],
  'maxmind-retries-timeout': ['d', 0],
  'metrics-per-host': ['b', true],
  'metrics-per-undefined-host': ['b', false],
  'monitor-max-batch-size': ['i', 10_000],
  'post-shutdown-grace-period': ['i', 10],
  'profiler-address': ['ip', '127.0.0.1'],
  'profiler-port': ['i', 10_245],
  profiling: ['b', true],
  'publish-service': ['s', ''],
  'publish-status-address': ['s', ''],
  'report-node-internal-ip-address': ['b', false],
  'report-status-classes': ['b', false],
  'shutdown-grace-period': ['i', 0],
  'size-buckets': ['F', [10, 100, 1e3, 1e4, 1e5, 1e6, 1e7]],
  'ssl-passthrough-proxy-port': ['i', 442],
  'status-port': ['i', 10_246],
  'status-update-interval': ['i', 60],
  'stream-port': ['i', 10_247],
  'sync-period': ['d', 0],
  // The one default that differs on purpose; upstream has 0.3.
  'sync-rate-limit': ['f', 1],
  'tcp-services-configmap': ['s', ''],
  'time-buckets': ['F', [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]],
  'udp-services-configmap': ['s', ''],
  'update-status': ['b', true],
  'update-status-on-shutdown': ['b', true],
  'validating-webhook': ['s', ''],
  'validating-webhook-certificate': ['s', ''],
  'validating-webhook-key': ['s', ''],
  version: ['b', false],
  'watch-ingress-without-class': ['b', false],
  'watch-namespace': ['s', ''],
  'watch-namespace-selector': ['s', ''],
};

const inherited: Readonly<Record<string, readonly [kind: string, value: unknown]>> = {
  add_dir_header: ['b', false],
  alsologtostderr: ['b', false],
  alsologtostderrthreshold: ['s', 'INFO'],
  legacy_stderr_threshold_behavior: ['b', true],
  log_backtrace_at: ['s', ':0'],
  log_dir: ['s', ''],
  log_file: ['s', ''],
  log_file_max_size: ['i', 1800],
  logtostderr: ['b', true],
  one_output: ['b', false],
  skip_headers: ['b', false],
  skip_log_headers: ['b', false],
  stderrthreshold: ['s', 'ERROR'],
  v: ['i', 0],
  vmodule: ['s', ''],
};

const own: Readonly<Record<string, readonly [kind: string, value: unknown]>> = {
  'data-dir': ['s', ''],
  dashboard: ['b', false],
  'dashboard-address': ['s', '127.0.0.1:10256'],
  'log-format': ['s', 'text'],
  manifests: ['S', []],
  'max-draining-generations': ['i', 10],
  'live-routes': ['b', true],
  'live-routes-age': ['d', 0],
  'validating-webhook-client-authority': ['s', ''],
  'allowed-addresses': ['S', []],
  'template-data': ['b', false],
  report: ['s', 'text'],
  'snippet-directives': ['S', []],
  'max-paths-per-ingress': ['i', 3000],
  'max-regex-bytes-per-ingress': ['i', 200_000],
  'max-aliases-per-ingress': ['i', 100],
  'max-addresses-per-list': ['i', 3000],
  'max-limited-ingresses-per-namespace': ['i', 1000],
  'max-user-bytes-per-namespace': ['i', 1_000_000],
};

const kinds: Readonly<Record<string, string>> = {
  string: 's',
  choice: 's',
  bool: 'b',
  int: 'i',
  uint32: 'i',
  float32: 'f',
  float64: 'f',
  duration: 'd',
  ip: 'ip',
  list: 'S',
  repeated: 'S',
  floats: 'F',
};

const inEffect = `
  apiserver-host kubeconfig certificate-authority watch-namespace watch-namespace-selector sync-rate-limit ingress-class
  controller-class ingress-class-by-name watch-ingress-without-class annotations-prefix disable-catch-all
  disable-svc-external-name configmap default-backend-service default-ssl-certificate http-port https-port default-server-port
  healthz-port healthz-host status-port health-check-path shutdown-grace-period post-shutdown-grace-period version v manifests
  data-dir log-format deep-inspect validating-webhook validating-webhook-certificate validating-webhook-key
  election-id election-ttl enable-topology-aware-routing disable-leader-election update-status update-status-on-shutdown status-update-interval publish-service
  publish-status-address report-node-internal-ip-address disable-sync-events max-draining-generations
  live-routes live-routes-age validating-webhook-client-authority max-paths-per-ingress max-regex-bytes-per-ingress max-aliases-per-ingress
  max-addresses-per-list max-limited-ingresses-per-namespace max-user-bytes-per-namespace maxmind-edition-ids allowed-addresses
  enable-metrics metrics-per-host metrics-per-undefined-host report-status-classes time-buckets length-buckets size-buckets bucket-factor max-buckets
  exclude-socket-metrics template-data report snippet-directives tcp-services-configmap udp-services-configmap
  maxmind-license-key maxmind-mirror maxmind-retries-count maxmind-retries-timeout enable-ssl-passthrough profiling profiler-port profiler-address dashboard dashboard-address`;

describe('flag table', () => {
  it('has the 72 flags of ingress-nginx, the 15 of its log library and ours', () => {
    expect(Object.keys(upstream)).to.have.length(72);
    expect(Object.keys(inherited)).to.have.length(15);
    const found = Object.fromEntries(
      flagNames.map((name) => [name, [kinds[flags[name].type], flags[name].default]]),
    );
    expect(found).to.deep.equal({ ...upstream, ...inherited, ...own });
  });

  it('knows which flags do something', () => {
    const now = flagNames.filter((name) => flags[name].effect === 'now');
    expect(now.toSorted()).to.deep.equal(inEffect.trim().split(/\s+/).toSorted());
    const none = flagNames.filter((name) => flags[name].effect === 'none');
    const alone = [
      'disable-full-test',
      'dynamic-configuration-retries',
      'enable-annotation-validation',
      'enable-ssl-chain-completion',
      'health-check-timeout',
      'internal-logger-address',
      'monitor-max-batch-size',
      'ssl-passthrough-proxy-port',
      'stream-port',
      'sync-period',
    ];
    // What the log library of ingress-nginx brings along, but for how much is logged.
    const ofLog = Object.keys(inherited).filter((name) => name !== 'v');
    expect(none.toSorted()).to.deep.equal([...alone, ...ofLog].toSorted());
  });

  for (const name of flagNames) {
    it(`documents --${name} in one sentence`, () => {
      const { doc, group } = flags[name];
      expect(doc).to.match(/^[A-Z].*[.)]$/);
      expect(doc).not.to.match(/\. [A-Z]/);
      expect(groups).to.have.property(group);
    });
  }

  it('is not fooled by names that every object has', () => {
    expect(isFlagName('constructor')).to.equal(false);
    expect(isFlagName('__proto__')).to.equal(false);
  });
});
