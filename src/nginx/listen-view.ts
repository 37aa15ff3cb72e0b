/** Where servers listen (compat/behaviour.md 15.3). */
import type { Model } from '../model/model.ts';
import type { Environment } from './environment.ts';

type Listen = readonly (string | number)[];

export function listens(
  environment: Environment,
  http: Model['http'],
  role: 'default' | 'other' | 'redirect',
): readonly Listen[] {
  const { ports, ipv6, features, backlog, layout } = environment;
  if (environment.purpose === 'check') return [[`unix:${layout.declarationsSocket}`]];
  const proxy = http.settings.useProxyProtocol ? ['proxy_protocol'] : [];
  const reuse = http.settings.reusePort ? ['reuseport'] : [];
  const options = role === 'default' ? ['default_server', ...reuse, `backlog=${backlog}`] : [];
  const http2 = features.http2 === 'listen' && http.settings.useHttp2 ? ['http2'] : [];
  const addresses = (port: number) => (ipv6 && !http.settings.disableIpv6 ? [port, `[::]:${port}`] : [port]);
  return [
    ...addresses(ports.http).map((address) => [address, ...options, ...proxy]),
    ...addresses(ports.https).map((address) => [address, ...options, ...proxy, 'ssl', ...http2]),
  ];
}
