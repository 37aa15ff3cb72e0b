/** Who the client is and how it came, as variables of nginx (compat/behaviour.md section 19). */
import type { Settings } from '../config/settings/table.ts';
import type { Token } from '../text/safe.ts';
import type { Environment } from './environment.ts';

/** The name of nginx's variable for a request header. */
function variableOf(header: Token): string {
  return `$http_${header.toLowerCase().replaceAll('-', '_')}`;
}

/** How TLS connections come. */
type Entrance = Pick<Environment, 'passthrough'>;

const DIRECT = { peer: '$realip_remote_addr', ownPort: '$server_port' };
const PROXIED = { peer: '$proxy_protocol_addr', ownPort: '$proxy_protocol_server_port' };
/** TLS connections have a PROXY header then, whether others have one or not. */
const PASSED = { peer: '$peer_addr', ownPort: '$own_port' };

/** Whether the address of the client may stand in headers and in a PROXY header, so that one of our own must hold the answer. */
function hasInnerHeader(settings: Settings, { passthrough }: Entrance): boolean {
  const { useForwardedHeaders, useProxyProtocol, enableRealIp } = settings;
  return (
    (useForwardedHeaders && useProxyProtocol) ||
    (passthrough && (useForwardedHeaders || (enableRealIp && !useProxyProtocol)))
  );
}

/** What nginx's real_ip module and the header maps need. */
export function forwardedView(settings: Settings, environment: Entrance) {
  const { useForwardedHeaders, useProxyProtocol, enableRealIp } = settings;
  const { passthrough } = environment;
  const both = hasInnerHeader(settings, environment);
  const { peer, ownPort } = passthrough ? PASSED : useProxyProtocol ? PROXIED : DIRECT;
  return {
    realIp: useForwardedHeaders || useProxyProtocol || enableRealIp || passthrough,
    realIpHeader: realIpHeader(settings, environment),
    trustedNetworks: trustedNetworks(settings),
    comesFromPassthrough: passthrough,
    trustsSenders: useForwardedHeaders || both,
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
    makesRequestIds: settings.generateRequestId,
    emptyRequestId: settings.generateRequestId ? '$own_request_id' : '',
  };
}

/** The variable with the scheme as the client used it. */
export function schemeVariable({ useForwardedHeaders, useProxyProtocol }: Settings): string {
  return useForwardedHeaders || useProxyProtocol ? '$pass_access_scheme' : '$scheme';
}

/** The variable with the port as the client used it. */
export function portVariable(
  { useForwardedHeaders, useProxyProtocol }: Settings,
  { ports, passthrough }: Pick<Environment, 'ports' | 'passthrough'>,
): string {
  const isOther = useForwardedHeaders || useProxyProtocol || passthrough || ports.https !== 443;
  return isOther ? '$pass_port' : '$server_port';
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
  };
}

export function innerHeaderView(settings: Settings, environment: Entrance) {
  return {
    hidesInnerHeader: hasInnerHeader(settings, environment),
    innerHeader: innerHeader(settings),
  };
}

// nginx drops headers with "_" that clients send, so that nobody but Lua can set this one.
function innerHeader({ forwardedForProxyProtocolHeader }: Settings): string {
  return forwardedForProxyProtocolHeader.replaceAll('-', '_');
}

function realIpHeader(settings: Settings, environment: Entrance): string {
  if (hasInnerHeader(settings, environment)) return innerHeader(settings);
  const hasProxy = settings.useProxyProtocol || environment.passthrough;
  return hasProxy ? 'proxy_protocol' : settings.forwardedForHeader;
}

export function trustedNetworks({ proxyRealIpCidr }: Settings): readonly string[] {
  const everybody = proxyRealIpCidr.length === 1 && (proxyRealIpCidr[0] as string) === '0.0.0.0/0';
  return everybody ? ['0.0.0.0/0', '::/0'] : proxyRealIpCidr;
}
