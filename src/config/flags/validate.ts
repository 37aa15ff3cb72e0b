import { isIP } from 'node:net';
import { network } from '../../text/network.ts';
import { splitAddress } from './address.ts';
import type { FlagName, Options } from './table.ts';

export interface Validated {
  /** Sentences; when there is one, the controller must not start (exit status 255). */
  readonly errors: readonly string[];
  /** Sentences to be logged. */
  readonly warnings: readonly string[];
  /** The options with every value that a warning speaks of replaced by what is used instead. */
  readonly options: Options;
}

/** Rules about values and about several flags together, which parsing one flag cannot see. */
export function validate(options: Options): Validated {
  const corrections = [
    statusInterval(options),
    electionTtl(options),
    syncRate(options),
    profilerAddress(options),
  ].filter((correction) => correction !== undefined);
  return {
    errors: [
      ...exclusions(options),
      ...references(options),
      ...ports(options),
      ...healthPath(options),
      ...editions(options),
      ...networks(options),
      ...dashboard(options),
    ],
    warnings: corrections.map((correction) => correction.warning),
    options: Object.freeze(Object.assign({}, options, ...corrections.map((correction) => correction.change))),
  };
}

function exclusions(options: Options): readonly string[] {
  const errors: string[] = [];
  if (options.watchNamespace !== '' && options.watchNamespaceSelector !== '') {
    errors.push(
      'flags --watch-namespace and --watch-namespace-selector exclude each other; keep one of them',
    );
  }
  if (options.publishService !== '' && options.publishStatusAddress !== '') {
    errors.push('flags --publish-service and --publish-status-address exclude each other; keep one of them');
  }
  if (options.metricsPerUndefinedHost && !options.metricsPerHost) {
    errors.push(
      'flag --metrics-per-undefined-host needs --metrics-per-host=true; set it or remove the former',
    );
  }
  return errors;
}

function networks({ allowedAddresses }: Options): readonly string[] {
  return allowedAddresses.flatMap((text) => {
    const parsed = network.parse(text);
    return parsed.ok ? [] : [`flag --allowed-addresses: ${JSON.stringify(text)} ${parsed.reason}`];
  });
}

function dashboard({ dashboardAddress }: Options): readonly string[] {
  const address = splitAddress(dashboardAddress);
  const isPlace = address !== null && (['', 'localhost'].includes(address.host) || isIP(address.host) > 0);
  if (isPlace && address.port >= 1 && address.port <= 65535) return [];
  return [
    `flag --dashboard-address is ${JSON.stringify(dashboardAddress.slice(0, 100))}; ` +
      'write an IP address of this machine and a port, for example 127.0.0.1:10256',
  ];
}

function references(options: Options): readonly string[] {
  const values = {
    configmap: options.configmap,
    'default-backend-service': options.defaultBackendService,
    'default-ssl-certificate': options.defaultSslCertificate,
    'publish-service': options.publishService,
    'tcp-services-configmap': options.tcpServicesConfigmap,
    'udp-services-configmap': options.udpServicesConfigmap,
  } satisfies Partial<Record<FlagName, string>>;
  return Object.entries(values)
    .filter(([, value]) => value !== '' && !/^[^/\s]+\/[^/\s]+$/.test(value))
    .map(([name, value]) => `flag --${name} is ${JSON.stringify(value)}; write it as namespace/name`);
}

function ports(options: Options): readonly string[] {
  const values = {
    'http-port': options.httpPort,
    'https-port': options.httpsPort,
    'default-server-port': options.defaultServerPort,
    'status-port': options.statusPort,
    'stream-port': options.streamPort,
    'ssl-passthrough-proxy-port': options.sslPassthroughProxyPort,
    'healthz-port': options.healthzPort,
    'profiler-port': options.profilerPort,
  } satisfies Partial<Record<FlagName, number>>;
  // nginx has no use for port 0; for the listeners of the controller itself it means "any free port".
  const least = (name: string): number => (name === 'healthz-port' || name === 'profiler-port' ? 0 : 1);
  return Object.entries(values)
    .filter(([name, value]) => value < least(name) || value > 65535)
    .map(([name, value]) => `flag --${name} is ${value}; write a port from ${least(name)} to 65535`);
}

/** Paths that the listeners of nginx and of the controller have for something else. */
const takenPaths: readonly string[] = [
  '/nginx_status',
  '/is-dynamic-lb-initialized',
  '/configuration/backends',
  '/metrics',
];

function healthPath({ healthCheckPath }: Options): readonly string[] {
  if (takenPaths.includes(healthCheckPath.replace(/(.)\/+$/, '$1'))) {
    return [
      `flag --health-check-path is ${JSON.stringify(healthCheckPath)}, which answers something else already; ` +
        'write another path, for example /healthz',
    ];
  }
  if (/^\/[\x21-\x7e]{0,200}$/.test(healthCheckPath)) return [];
  return [
    `flag --health-check-path is ${JSON.stringify(healthCheckPath.slice(0, 100))}; ` +
      'write a path that begins with "/", without blanks, for example /healthz',
  ];
}

/** The names that MaxMind gives to its databases, as far as nginx can use them. */
const knownEditions: readonly string[] = [
  'GeoIP2-Anonymous-IP',
  'GeoIP2-Country',
  'GeoIP2-City',
  'GeoIP2-Connection-Type',
  'GeoIP2-Domain',
  'GeoIP2-ISP',
  'GeoIP2-ASN',
  'GeoLite2-ASN',
  'GeoLite2-Country',
  'GeoLite2-City',
];

function editions(options: Options): readonly string[] {
  if (options.maxmindEditionIds === '') return [];
  return options.maxmindEditionIds
    .split(',')
    .filter((edition) => !knownEditions.includes(edition))
    .map(
      (edition) =>
        `flag --maxmind-edition-ids names ${JSON.stringify(edition)}, which is unknown; ` +
        `write some of ${knownEditions.join(', ')}, separated by commas without spaces`,
    );
}

interface Correction {
  readonly warning: string;
  readonly change: Partial<Options>;
}

function statusInterval({ statusUpdateInterval }: Options): Correction | undefined {
  if (statusUpdateInterval >= 5) return undefined;
  return {
    warning: `flag --status-update-interval is ${statusUpdateInterval}, below the least possible 5 seconds; 5 is used`,
    change: { statusUpdateInterval: 5 },
  };
}

function electionTtl({ electionTtl }: Options): Correction | undefined {
  if (electionTtl > 0) return undefined;
  return {
    warning: 'flag --election-ttl must be longer than 0; 30s is used',
    change: { electionTtl: 30_000 },
  };
}

function syncRate({ syncRateLimit }: Options): Correction | undefined {
  if (syncRateLimit > 0) return undefined;
  return {
    warning: `flag --sync-rate-limit is ${syncRateLimit}, but must be above 0 for anything to happen; 1 is used`,
    change: { syncRateLimit: 1 },
  };
}

/** Profiles are for whoever may enter the pod. */
function profilerAddress({ profilerAddress }: Options): Correction | undefined {
  if (/^127\.|^::1$/.test(profilerAddress)) return undefined;
  return {
    warning: `flag --profiler-address is ${profilerAddress}, but profiles are shown on a loopback address only; 127.0.0.1 is used`,
    change: { profilerAddress: '127.0.0.1' },
  };
}
