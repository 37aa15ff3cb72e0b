/** Everything that must be right before a part is started: folder, lock, nginx, ports, certificate, and who tells it endpoints. */
import { rm } from 'node:fs/promises';
import { splitAddress } from '../config/flags/address.ts';
import type { Address } from '../config/flags/address.ts';
import type { Options } from '../config/flags/table.ts';
import { chooseDataDir } from '../config/place.ts';
import type { Place } from '../config/place.ts';
import type { Logger } from '../lib/log.ts';
import { arrangeAccess } from '../nginx/access.ts';
import {
  INSTALL,
  detectNginx,
  hasIpv6,
  listenBacklog,
  openFilesLimit,
  readDnsConfig,
  usableCpus,
  workerUser,
} from '../nginx/detect.ts';
import { startEndpointTeller } from '../nginx/endpoint-teller.ts';
import type { EndpointTeller } from '../nginx/endpoint-teller.ts';
import type { Environment } from '../nginx/environment.ts';
import { writeFakeCertificate } from '../nginx/fake-certificate.ts';
import { geoDatabasesOf } from '../nginx/geo-files.ts';
import { imageLayout, layoutOf } from '../nginx/layout.ts';
import type { Layout } from '../nginx/layout.ts';
import { reachOf } from './graph-options.ts';
import { describeFaults } from '../nginx/known-faults.ts';
import { acquireLock } from '../nginx/lock.ts';
import type { Lock } from '../nginx/lock.ts';
import { endLeftover } from '../nginx/master.ts';
import { assertPortsFree } from '../nginx/ports.ts';
import type { WantedPort } from '../nginx/ports.ts';
import { prepareFolders } from '../nginx/folders.ts';
import { schemaOf } from '../observe/native-histogram.ts';
import { nginxCommand } from './nginx-command.ts';

/** What stands in texts that no nginx runs with. */
const NAMES_PORT = 10053;

export interface Prepared {
  readonly environment: Environment;
  readonly binary: string;
  /** What starts nginx, without its parameters. */
  readonly command: readonly [string, ...string[]];
  /** See Assets. */
  readonly confine: string | null;
  /** Null where no TCP or UDP services are asked for. */
  readonly teller: EndpointTeller | null;
  /** Gives the data folder back. */
  readonly release: () => Promise<void>;
}

export interface PrepareOptions {
  readonly options: Options;
  readonly place: Place;
}

/** @throws with a message for the user. */
export async function prepare({
  options,
  place,
  log,
}: PrepareOptions & { readonly log: Logger }): Promise<Prepared> {
  const binary = process.env['NGINX_BINARY'] ?? (place.kind === 'image' ? '/usr/bin/nginx' : 'nginx');
  const features = await detectNginx(binary);
  const faults = describeFaults(features.version);
  if (faults !== null) log.warn(faults);
  warnOfMissingStream({ options, features, log });
  const dataDir = chooseDataDir(place, options);
  const layout = dataDir === null ? imageLayout() : layoutOf(dataDir);
  assertSocketLength(layout);
  const lock = await acquireLock(layout.lock);
  try {
    await prepareFolders(layout);
    const access = await arrangeAccess({
      luaDir: place.assets.lua,
      dataDir: layout.dataDir,
      user: workerUser(),
    });
    if (access.warning !== null) log.warn(access.warning);
    const machine = environmentOf({ options, place, layout, features });
    const environment = { ...machine, luaDir: access.luaDir, user: access.user };
    // It would hold the ports that are looked at next.
    await endLeftover({ layout, log });
    await assertPortsFree(wantedPorts(options, environment));
    await writeFakeCertificate(layout.defaultCertificate);
    const { confine } = place.assets;
    const command = await nginxCommand({ binary, confine, log });
    const teller =
      asksForStreams(options) && features.stream !== null ? await startEndpointTeller({ log }) : null;
    const namesPort = teller?.port ?? environment.namesPort;
    return {
      environment: { ...environment, namesPort },
      binary,
      command,
      confine,
      teller,
      release: async () => {
        await teller?.close();
        await release(layout, lock);
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function asksForStreams({ tcpServicesConfigmap, udpServicesConfigmap }: Options): boolean {
  return tcpServicesConfigmap !== '' || udpServicesConfigmap !== '';
}

/** Everything else goes on without it. */
function warnOfMissingStream({
  options,
  features,
  log,
}: Pick<PrepareOptions, 'options'> & {
  readonly features: Environment['features'];
  readonly log: Logger;
}): void {
  const asked = [
    ...(options.tcpServicesConfigmap === '' ? [] : ['--tcp-services-configmap']),
    ...(options.udpServicesConfigmap === '' ? [] : ['--udp-services-configmap']),
    ...(options.enableSslPassthrough ? ['--enable-ssl-passthrough'] : []),
  ];
  if (features.stream !== null || asked.length === 0) return;
  const why = `nginx ${features.version} has no module for TCP and UDP (ngx_stream_module.so)`;
  log.error(`${asked.join(' and ')} without effect: ${why}; ${INSTALL}`);
}

async function release(layout: Layout, lock: Pick<Lock, 'release'>): Promise<void> {
  await rm(layout.quarantine, { force: true });
  await lock.release();
}

interface EnvironmentInput extends PrepareOptions {
  readonly layout: Layout;
  readonly features: Environment['features'];
}

export function environmentOf({ options, place, layout, features }: EnvironmentInput): Environment {
  const ipv6 = hasIpv6();
  return {
    purpose: 'serve',
    layout,
    features,
    ports: {
      http: options.httpPort,
      https: options.httpsPort,
      status: options.statusPort,
      passthroughProxy: options.sslPassthroughProxyPort,
      defaultServer: defaultServerPort(options, place),
    },
    healthPath: options.healthCheckPath,
    luaDir: place.assets.lua,
    modsecurity: place.assets.modsecurity,
    user: workerUser(),
    ipv6,
    passthrough: options.enableSslPassthrough && features.stream !== null,
    namesPort: NAMES_PORT,
    dns: readDnsConfig(process.env['TIDEGATE_RESOLV_CONF'] ?? '/etc/resolv.conf', ipv6),
    reach: reachOf(options),
    metrics: countingOf(options),
    geo: geoDatabasesOf(options.maxmindEditionIds, layout.geoip),
    loopback: options.manifests.length > 0 ? 'allowed' : 'refused',
    backlog: listenBacklog(),
    openFiles: openFilesLimit(),
    cpus: usableCpus(),
  };
}

/** How requests are counted, or null. */
function countingOf(options: Options): Environment['metrics'] {
  if (!options.enableMetrics) return null;
  const schema = schemaOf(options.bucketFactor);
  return {
    perHost: options.metricsPerHost,
    undefinedHosts: options.metricsPerUndefinedHost,
    buckets: { time: options.timeBuckets, length: options.lengthBuckets, size: options.sizeBuckets },
    native: schema === null ? null : { schema, most: options.maxBuckets },
  };
}

// Instances side by side on one machine would meet on this port, which nobody needs there: the workers answer 404 themselves.
function defaultServerPort(options: Options, place: Place): number | null {
  const standard = 8181;
  return place.kind === 'image' || options.defaultServerPort !== standard ? options.defaultServerPort : null;
}

function wantedPorts(options: Options, environment: Environment): readonly WantedPort[] {
  const ports: WantedPort[] = [
    { flag: 'http-port', port: options.httpPort },
    { flag: 'https-port', port: options.httpsPort },
    { flag: 'status-port', port: options.statusPort, host: '127.0.0.1' },
  ];
  if (environment.ports.defaultServer !== null) {
    ports.push({ flag: 'default-server-port', port: environment.ports.defaultServer });
  }
  const healthz = { host: options.healthzHost, port: options.healthzPort };
  ports.push({ flag: 'healthz-port', ...placeOf(healthz) });
  const dashboard = options.dashboard ? splitAddress(options.dashboardAddress) : null;
  if (dashboard !== null) ports.push({ flag: 'dashboard-address', ...placeOf(dashboard) });
  return ports;
}

function placeOf({ host, port }: Address): Omit<WantedPort, 'flag'> {
  return host === '' ? { port } : { port, host };
}

/** unix(7): 107 bytes and a final zero. */
const MAX_SOCKET_PATH = 107;

function assertSocketLength(layout: Layout): void {
  const { controlSocket, declarationsSocket, inspectionSocket, passthrough } = layout;
  const sockets = [controlSocket, declarationsSocket, inspectionSocket, passthrough.tls, passthrough.raw];
  const longest = Math.max(...sockets.map((path) => path.length));
  if (longest > MAX_SOCKET_PATH) {
    throw new Error(
      `the path of the data folder ${layout.dataDir} is ${longest - MAX_SOCKET_PATH} characters too long for sockets; ` +
        'choose a shorter one with --data-dir',
    );
  }
}
