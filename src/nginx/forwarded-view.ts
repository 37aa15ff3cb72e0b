/** Who the client is and how it came, as variables of nginx (compat/behaviour.md section 19). */
import type { Settings } from '../config/settings/table.ts';
import type { Token } from '../text/safe.ts';

/** The name of nginx's variable for a request header. */
function variableOf(header: Token): string {
  return `$http_${header.toLowerCase().replaceAll('-', '_')}`;
}

/** What nginx's real_ip module and the header maps need. */
export function forwardedView(settings: Settings) {
  const { useForwardedHeaders, useProxyProtocol, enableRealIp } = settings;
  const peer = useProxyProtocol ? '$proxy_protocol_addr' : '$realip_remote_addr';
  const ownPort = useProxyProtocol ? '$proxy_protocol_server_port' : '$server_port';
  const both = useForwardedHeaders && useProxyProtocol;
  return {
    realIp: useForwardedHeaders || useProxyProtocol || enableRealIp,
    realIpHeader: realIpHeader(settings),
    trustedNetworks: trustedNetworks(settings),
    useForwardedHeaders,
    useProxyProtocol,
    both,
    peer,
    forwardedFor: variableOf(settings.forwardedForHeader),
    portVariable: ownPort,
    // A map that only repeats its source costs every request as much as one that does not.
    passedPort: useForwardedHeaders ? '$pass_server_port' : ownPort,
    schemeVariable: useProxyProtocol ? '$forwarded_scheme' : '$pass_access_scheme',
    innerHeader: innerHeader(settings),
    emptyRequestId: settings.generateRequestId ? '$request_id' : '',
  };
}

/** The variable with the scheme as the client used it. */
export function schemeVariable({ useForwardedHeaders, useProxyProtocol }: Settings): string {
  return useForwardedHeaders || useProxyProtocol ? '$pass_access_scheme' : '$scheme';
}

/** The variable with the port as the client used it. */
export function portVariable({ useForwardedHeaders, useProxyProtocol }: Settings, httpsPort: number): string {
  return useForwardedHeaders || useProxyProtocol || httpsPort !== 443 ? '$pass_port' : '$server_port';
}

/** Values of the headers that every backend gets. */
export function headersView(settings: Settings) {
  const full = settings.useForwardedHeaders && settings.computeFullForwardedFor;
  return {
    scheme: schemeVariable(settings),
    forwardedFor: full ? '$full_x_forwarded_for' : '$remote_addr',
    originalForwardedFor: variableOf(settings.forwardedForHeader),
    originalForwardedHost: variableOf(settings.forwardedHostHeader),
    addOriginalUri: settings.proxyAddOriginalUriHeader,
    hidesInnerHeader: settings.useForwardedHeaders && settings.useProxyProtocol,
    innerHeader: innerHeader(settings),
  };
}

// nginx drops headers with "_" that clients send, so that nobody but Lua can set this one.
function innerHeader({ forwardedForProxyProtocolHeader }: Settings): string {
  return forwardedForProxyProtocolHeader.replaceAll('-', '_');
}

function realIpHeader(settings: Settings): string {
  if (!settings.useProxyProtocol) return settings.forwardedForHeader;
  return settings.useForwardedHeaders ? innerHeader(settings) : 'proxy_protocol';
}

export function trustedNetworks({ proxyRealIpCidr }: Settings): readonly string[] {
  const everybody = proxyRealIpCidr.length === 1 && (proxyRealIpCidr[0] as string) === '0.0.0.0/0';
  return everybody ? ['0.0.0.0/0', '::/0'] : proxyRealIpCidr;
}
