/** Who is asked for the addresses of names. */
import type { Settings } from '../config/settings/table.ts';
import type { Environment } from './environment.ts';

export function dnsOf({ disableIpv6Dns }: Settings, { dns }: Environment): Environment['dns'] {
  return disableIpv6Dns === null ? dns : { ...dns, ipv6: !disableIpv6Dns };
}

/** For services whose address holds a variable; endpoints are never resolved this way. */
export function resolverView(dns: Environment['dns']) {
  const servers = dns.nameservers.map((server) => (server.includes(':') ? `[${server}]` : server));
  return {
    hasResolver: servers.length > 0,
    resolver: [...servers, 'valid=30s', ...(dns.ipv6 ? [] : ['ipv6=off'])],
  };
}
