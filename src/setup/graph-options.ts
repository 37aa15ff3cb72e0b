import { networkInterfaces } from 'node:os';
import { splitAddress } from '../config/flags/address.ts';
import type { Options } from '../config/flags/table.ts';
import type { Budgets } from '../graph/budgets.ts';
import type { GraphOptions } from '../graph/options.ts';
import { createReach, joinHostPort } from '../lib/addresses.ts';
import type { NginxFeatures } from '../nginx/environment.ts';
import type { Reach } from '../lib/addresses.ts';
import { parseLabelSelector } from '../lib/label-selector.ts';

/** @throws when --watch-namespace-selector cannot be read. */
export function graphOptionsOf(options: Options): GraphOptions {
  return {
    ingressClass: options.ingressClass,
    controllerClass: options.controllerClass,
    ingressClassByName: options.ingressClassByName,
    watchIngressWithoutClass: options.watchIngressWithoutClass,
    annotationsPrefix: options.annotationsPrefix,
    disableCatchAll: options.disableCatchAll,
    disableSvcExternalName: options.disableSvcExternalName,
    namespaceSelector: namespaceSelector(options.watchNamespaceSelector),
    defaultBackendService: options.defaultBackendService === '' ? null : options.defaultBackendService,
    defaultSslCertificate: options.defaultSslCertificate === '' ? null : options.defaultSslCertificate,
    reach: reachOf(options),
    loopbackEndpoints: options.manifests.length > 0 ? 'allowed' : 'refused',
    ownEndpoints: ownEndpointsOf(options),
    budgets: budgetsOf(options),
    snippetDirectives: options.snippetDirectives,
    streams: streamsOf(options),
  };
}

/** Judges addresses as --allowed-addresses says. */
export function reachOf(options: Options): Reach {
  return createReach(options.allowedAddresses);
}

/**
 * Its metrics may be shown to the world by an Ingress; a way back into nginx would be a loop, and the webhook, the status and the status
 * page are nobody's business.
 */
function ownEndpointsOf(options: Options): ReadonlySet<string> {
  const [, webhook = '0'] = /:(\d+)$/.exec(options.validatingWebhook) ?? [];
  const dashboard = dashboardPort(options);
  const own = [options.httpPort, options.httpsPort, options.statusPort, Number(webhook)];
  const ports = dashboard === null ? own : [...own, dashboard];
  const addresses = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address),
  );
  return new Set(addresses.flatMap((address) => ports.map((port) => joinHostPort(address, port))));
}

function streamsOf(options: Options): GraphOptions['streams'] {
  const [, webhook = '0'] = /:(\d+)$/.exec(options.validatingWebhook) ?? [];
  const dashboard = dashboardPort(options);
  const ports: readonly (readonly [number, string])[] = [
    [options.httpPort, '--http-port'],
    [options.httpsPort, '--https-port'],
    [options.statusPort, '--status-port'],
    [options.defaultServerPort, '--default-server-port'],
    [options.streamPort, '--stream-port'],
    [options.healthzPort, '--healthz-port'],
    [options.profilerPort, '--profiler-port'],
    [options.sslPassthroughProxyPort, '--ssl-passthrough-proxy-port'],
    [Number(webhook), '--validating-webhook'],
    ...(dashboard === null ? [] : [[dashboard, '--dashboard-address'] as const]),
  ];
  const key = (text: string) => (text === '' ? null : text);
  return {
    tcp: key(options.tcpServicesConfigmap),
    udp: key(options.udpServicesConfigmap),
    reserved: new Map(ports.toReversed()),
    passthrough: options.enableSslPassthrough,
    module: 'there',
  };
}

/** Null without the status page. */
function dashboardPort({ dashboard, dashboardAddress }: Options): number | null {
  return dashboard ? (splitAddress(dashboardAddress)?.port ?? null) : null;
}

function budgetsOf(options: Options): Budgets {
  const most = (limit: number) => (limit === 0 ? Infinity : limit);
  return {
    paths: most(options.maxPathsPerIngress),
    expressionBytes: most(options.maxRegexBytesPerIngress),
    aliases: most(options.maxAliasesPerIngress),
    addresses: most(options.maxAddressesPerList),
    limitedIngresses: most(options.maxLimitedIngressesPerNamespace),
    userBytes: most(options.maxUserBytesPerNamespace),
  };
}

function namespaceSelector(text: string): GraphOptions['namespaceSelector'] {
  if (text === '') return null;
  const parsed = parseLabelSelector(text);
  if (!parsed.ok) throw new Error(`--watch-namespace-selector: ${parsed.reason}`);
  return parsed.value;
}

/** As the nginx at hand has them. */
export function withModules(options: GraphOptions, { stream }: NginxFeatures): GraphOptions {
  return stream === null ? { ...options, streams: { ...options.streams, module: 'missing' } } : options;
}
