import { expect } from 'chai';
import { parseFlags } from './parse.ts';
import { validate } from './validate.ts';

function check(...args: readonly string[]) {
  const result = parseFlags(args);
  if (result.kind !== 'ok') throw new Error(`not parsed: ${args.join(' ')}`);
  return validate(result.options);
}

describe('rules about flags', () => {
  const wrong: readonly (readonly [args: readonly string[], error: RegExp])[] = [
    [
      ['--watch-namespace=a', '--watch-namespace-selector=b=c'],
      /--watch-namespace and --watch-namespace-selector exclude/,
    ],
    [
      ['--publish-service=a/b', '--publish-status-address=c'],
      /--publish-service and --publish-status-address exclude/,
    ],
    [['--metrics-per-undefined-host', '--metrics-per-host=false'], /needs --metrics-per-host=true/],
    [
      ['--maxmind-edition-ids=GeoLite2-City,Nonsense'],
      /names "Nonsense", which is unknown; write some of GeoIP2-/,
    ],
    [['--maxmind-edition-ids=GeoLite2-City, GeoLite2-ASN'], /names " GeoLite2-ASN"/],
    [['--configmap=settings'], /--configmap is "settings"; write it as namespace\/name/],
    [['--default-backend-service=a/b/c'], /--default-backend-service/],
    [['--default-ssl-certificate=/b'], /--default-ssl-certificate/],
    [['--publish-service=a/'], /--publish-service/],
    [['--http-port=0'], /--http-port is 0; write a port from 1 to 65535/],
    [['--https-port=65536'], /--https-port is 65536/],
    ...[
      '/nginx_status',
      '/is-dynamic-lb-initialized',
      '/configuration/backends',
      '/metrics',
      '/metrics/',
    ].map(
      (path) =>
        [
          [`--health-check-path=${path}`],
          /--health-check-path is "\/.*", which answers something else already; write another path, for example \/healthz/,
        ] as const,
    ),
    ...['healthz', '/a b', '/a\n', '', '/\u00e9'].map(
      (path) =>
        [[`--health-check-path=${path}`], /--health-check-path is .*; write a path that begins/] as const,
    ),
    [['--allowed-addresses=10.0.0.1,127.0.0.0/33'], /--allowed-addresses: "127.0.0.0\/33" is not an address/],
    [
      ['--allowed-addresses=localhost'],
      /--allowed-addresses: "localhost" is not an address or network; write/,
    ],
    ...[
      '10256',
      'host.test:10256',
      '127.0.0.1:0',
      '127.0.0.1:65536',
      '::1:80',
      '[::1',
      '127.0.0.1:1 ',
      '',
    ].map(
      (text) =>
        [
          [`--dashboard-address=${text}`],
          /--dashboard-address is ".*"; write an IP address of this machine and a port, for example 127.0.0.1:10256/,
        ] as const,
    ),
    [['--healthz-port=-1'], /--healthz-port is -1; write a port from 0 to 65535/],
  ];
  for (const [args, error] of wrong) {
    it(`refuses ${args.join(' ')}`, () => {
      const { errors } = check(...args);
      expect(errors).to.have.length(1);
      expect(errors[0]).to.match(error);
    });
  }

  for (const args of [
    [],
    ['--watch-namespace=a'],
    ['--watch-namespace-selector=a=b'],
    ['--metrics-per-undefined-host'],
    ['--maxmind-edition-ids='],
    ['--maxmind-edition-ids=GeoIP2-ISP'],
    ['--configmap=a/b', '--default-backend-service=a/b', '--publish-service=a/b'],
    ['--healthz-port=0', '--http-port=65535'],
    ['--status-update-interval=5'],
    ['--dashboard-address=:10256'],
    ['--dashboard-address=[::1]:80'],
    ['--dashboard-address=localhost:65535'],
  ]) {
    it(`accepts ${JSON.stringify(args.join(' '))}`, () => {
      const { errors, warnings } = check(...args);
      expect({ errors, warnings }).to.deep.equal({ errors: [], warnings: [] });
    });
  }

  const corrected: readonly (readonly [
    args: readonly string[],
    key: 'statusUpdateInterval' | 'electionTtl' | 'syncRateLimit',
    value: number,
  ])[] = [
    [['--status-update-interval=4'], 'statusUpdateInterval', 5],
    [['--election-ttl=0'], 'electionTtl', 30_000],
    [['--election-ttl=-5s'], 'electionTtl', 30_000],
    [['--sync-rate-limit=0'], 'syncRateLimit', 1],
    [['--sync-rate-limit=nan'], 'syncRateLimit', 1],
  ];
  for (const [args, key, value] of corrected) {
    it(`warns about ${args.join(' ')} and uses ${value}`, () => {
      const { errors, warnings, options } = check(...args);
      expect(errors).to.deep.equal([]);
      expect(warnings).to.have.length(1);
      expect(options[key]).to.equal(value);
    });
  }

  it('keeps profiles on loopback addresses', () => {
    for (const address of ['127.0.0.1', '127.8.0.1', '::1'])
      expect(check(`--profiler-address=${address}`).warnings, address).to.deep.equal([]);
    for (const address of ['0.0.0.0', '10.0.0.1', '::']) {
      const { warnings, options } = check(`--profiler-address=${address}`);
      expect(warnings, address).to.have.length(1);
      expect(options.profilerAddress, address).to.equal('127.0.0.1');
    }
  });
});
