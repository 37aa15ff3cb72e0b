/** Where a request comes from, and whose word about it counts (compat/behaviour.md section 19). */
import { fail, ok } from '../../lib/result.ts';
import type { Duration } from '../../text/safe.ts';
import type { ValueType } from '../../text/values.ts';
import { network } from '../../text/network.ts';
import { bool, list } from '../../text/values.ts';
import { headerToken } from '../../text/words.ts';
import { setting } from './setting.ts';

const networks = list(network, { separator: /,/, example: '10.0.0.0/8,192.168.0.0/16', empty: 'allowed' });

// As Go has it: with a unit.
const shortTime: ValueType<Duration> = {
  name: 'time with unit',
  parse: (text) =>
    /^[0-9]{1,7}(?:ms|s|m|h)$/.test(text)
      ? ok(text as string as Duration)
      : fail('is not a time; write a number and ms, s, m or h, for example "5s"'),
};

export const forwardedSettings = {
  useForwardedHeaders: setting('use-forwarded-headers', bool, {
    default: 'false',
    doc: 'Believe X-Forwarded-For, -Proto, -Host and -Port of senders in proxy-real-ip-cidr.',
  }),
  computeFullForwardedFor: setting('compute-full-forwarded-for', bool, {
    default: 'false',
    doc: 'Append the sender to X-Forwarded-For instead of replacing it; together with use-forwarded-headers.',
  }),
  forwardedForHeader: setting('forwarded-for-header', headerToken, {
    default: 'X-Forwarded-For',
    doc: 'Header that holds the address of the client.',
  }),
  forwardedHostHeader: setting('forwarded-host-header', headerToken, {
    default: 'X-Forwarded-Host',
    doc: 'Header that is passed on as X-Original-Forwarded-Host.',
  }),
  enableRealIp: setting('enable-real-ip', bool, {
    default: 'false',
    doc: 'Take the address of the client from forwarded-for-header, and nothing else.',
  }),
  proxyRealIpCidr: setting('proxy-real-ip-cidr', networks, {
    default: '0.0.0.0/0',
    doc: 'Senders whose word about the client counts. 0.0.0.0/0 alone stands for everybody, over IPv6 too.',
  }),
  useProxyProtocol: setting('use-proxy-protocol', bool, {
    default: 'false',
    doc: 'Connections begin with a PROXY header, as load balancers send it.',
  }),
  proxyProtocolHeaderTimeout: setting('proxy-protocol-header-timeout', shortTime, {
    default: '5s',
    doc: 'Time that a client may take for its PROXY header, where --enable-ssl-passthrough is given.',
  }),
  forwardedForProxyProtocolHeader: setting('forwarded-for-proxy-protocol-header', headerToken, {
    default: 'X-Forwarded-For-Proxy-Protocol',
    doc: 'Name inside of nginx for the address of the client when both use-forwarded-headers and use-proxy-protocol are on.',
  }),
  proxyAddOriginalUriHeader: setting('proxy-add-original-uri-header', bool, {
    default: 'false',
    doc: 'Send the URI of the client to backends as X-Original-URI.',
  }),
  generateRequestId: setting('generate-request-id', bool, {
    default: 'true',
    doc: 'Make up an X-Request-ID for requests that have none.',
  }),
} as const;
