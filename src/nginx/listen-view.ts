/** Where servers listen (compat/behaviour.md 15.3). */
import type { Settings } from '../config/settings/table.ts';
import type { Model } from '../model/model.ts';
import type { Environment } from './environment.ts';

type Listen = readonly (string | number)[];

/** In the order of the file. */
export function listens(
  environment: Environment,
  http: Model['http'],
  role: 'default' | 'other' | 'redirect',
): readonly Listen[] {
  const { ports, features, backlog, layout } = environment;
  if (environment.purpose === 'check') return [[`unix:${layout.declarationsSocket}`]];
  const proxy = http.settings.useProxyProtocol ? ['proxy_protocol'] : [];
  const reuse = http.settings.reusePort ? ['reuseport'] : [];
  const options = role === 'default' ? ['default_server', ...reuse, `backlog=${backlog}`] : [];
  const inner = role === 'default' ? ['default_server', `backlog=${backlog}`] : [];
  const http2 = features.http2 === 'listen' && http.settings.useHttp2 ? ['http2'] : [];
  const addresses = (port: number) => boundTo(port, http.settings, environment);
  return [
    ...addresses(ports.http).map((address) => [address, ...options, ...proxy]),
    ...(environment.passthrough
      ? [[`unix:${layout.passthrough.tls}`, ...inner, 'proxy_protocol', 'ssl', ...http2]]
      : addresses(ports.https).map((address) => [address, ...options, ...proxy, 'ssl', ...http2])),
  ];
}

/** Older versions have a word in `listen` for it. */
export function hasHttp2Directive({ features }: Pick<Environment, 'features'>, settings: Settings): boolean {
  return features.http2 === 'directive' && settings.useHttp2;
}

/** Where TLS connections come that may be handed on. */
export function passthroughListens(environment: Environment, settings: Settings): readonly Listen[] {
  const { ports, backlog } = environment;
  return boundTo(ports.https, settings, environment).map((address) => [
    address,
    ...(settings.reusePort ? ['reuseport'] : []),
    `backlog=${backlog}`,
    'so_keepalive=on',
    ...(settings.useProxyProtocol ? ['proxy_protocol'] : []),
  ]);
}

/** Where nobody names an address of a family, on all of them. */
export function boundTo(
  port: number,
  settings: Settings,
  environment: Pick<Environment, 'ipv6'>,
): readonly (string | number)[] {
  const ipv6 = environment.ipv6 && !settings.disableIpv6;
  const isIpv6 = (address: string) => address.startsWith('[');
  const { bindAddress, bindAddressIpv4, bindAddressIpv6 } = settings;
  const chosen = (own: readonly string[], shared: readonly string[]) => (own.length > 0 ? own : shared);
  const of4 = chosen(
    bindAddressIpv4,
    bindAddress.filter((address) => !isIpv6(address)),
  );
  const of6 = ipv6 ? chosen(bindAddressIpv6, bindAddress.filter(isIpv6)) : [];
  // nginx refuses a file that names one twice.
  const at = (addresses: readonly string[]) => [...new Set(addresses)].map((address) => `${address}:${port}`);
  const all6 = at(ipv6 && of6.length === 0 ? ['[::]'] : of6);
  return [...(of4.length === 0 ? [port] : at(of4)), ...all6];
}
