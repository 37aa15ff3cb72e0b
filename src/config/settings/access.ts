/** Who may come, where no Ingress says otherwise (compat/behaviour.md section 25). */
import { limitKey } from '../../text/limit-key.ts';
import { network } from '../../text/network.ts';
import { bool, integer, list } from '../../text/values.ts';
import { setting } from './setting.ts';

const networks = list(network, { separator: /,/, example: '10.0.0.0/8,192.168.1.1', empty: 'allowed' });
const kilobytes = integer({ min: 0, max: 1_000_000_000 });
const status = integer({ min: 400, max: 599 });

export const accessSettings = {
  whitelistSourceRange: setting('whitelist-source-range', networks, {
    default: '',
    doc: 'Addresses and networks of clients that may come, unless an Ingress has a list of its own; all others get 403.',
  }),
  denylistSourceRange: setting('denylist-source-range', networks, {
    default: '',
    doc: 'Addresses and networks of clients that get 403, unless an Ingress has a list of its own.',
  }),
  allowCrossNamespaceResources: setting('allow-cross-namespace-resources', bool, {
    default: 'false',
    doc: 'Whether annotations may name Secrets of other namespaces.',
  }),
  limitRate: setting('limit-rate', kilobytes, {
    default: '0',
    doc: 'Kilobytes a second that one response is sent with; 0 means no limit.',
  }),
  limitRateAfter: setting('limit-rate-after', kilobytes, {
    default: '0',
    doc: 'Kilobytes of a response that are sent before limit-rate begins.',
  }),
  limitReqStatusCode: setting('limit-req-status-code', status, {
    default: '503',
    doc: 'Status for requests above limit-rps and limit-rpm.',
  }),
  limitConnStatusCode: setting('limit-conn-status-code', status, {
    default: '503',
    doc: 'Status for requests above limit-connections.',
  }),
  limitConnZoneVariable: setting('limit-conn-zone-variable', limitKey, {
    default: '$binary_remote_addr',
    doc: 'Whom limit-connections, limit-rps and limit-rpm count as one client; requests for which it is empty are not limited.',
  }),
  nginxStatusIpv4Whitelist: setting('nginx-status-ipv4-whitelist', networks, {
    default: '127.0.0.1',
    doc: 'Addresses and networks that may see /nginx_status of hosts that nobody has; all others get 403.',
  }),
  nginxStatusIpv6Whitelist: setting('nginx-status-ipv6-whitelist', networks, {
    default: '::1',
    doc: 'The same for IPv6, where nginx listens on it.',
  }),
} as const;
