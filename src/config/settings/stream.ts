/** TCP and UDP services (compat/configmap.md, "TCP/UDP (stream context)" and "Logging"). */
import { streamLogFormat } from '../../text/log-format.ts';
import { logPath } from '../../text/log-path.ts';
import { bool, integer, nginxTime } from '../../text/values.ts';
import { setting } from './setting.ts';

const FORMAT = '[$remote_addr] [$time_local] $protocol $status $bytes_sent $bytes_received $session_time';

export const streamSettings = {
  proxyStreamTimeout: setting('proxy-stream-timeout', nginxTime, {
    default: '600s',
    doc: 'Time without a byte in either direction after which a TCP or UDP session ends.',
  }),
  proxyStreamNextUpstream: setting('proxy-stream-next-upstream', bool, {
    default: 'true',
    doc: 'Try another endpoint when one takes no TCP connection.',
  }),
  proxyStreamNextUpstreamTimeout: setting('proxy-stream-next-upstream-timeout', nginxTime, {
    default: '600s',
    doc: 'Time in which another endpoint may be tried; 0 means no limit.',
  }),
  proxyStreamNextUpstreamTries: setting(
    'proxy-stream-next-upstream-tries',
    integer({ min: 0, max: 1_000_000 }),
    { default: '3', doc: 'Endpoints that are tried at most; 0 means no limit.' },
  ),
  proxyStreamResponses: setting('proxy-stream-responses', integer({ min: 0, max: 1_000_000_000 }), {
    default: '1',
    doc: 'Datagrams that an endpoint answers each one of a client with; 0 means none.',
  }),
  disableStreamAccessLog: setting('disable-stream-access-log', bool, {
    default: 'false',
    doc: 'Write no access log about TCP and UDP services.',
  }),
  streamAccessLogPath: setting('stream-access-log-path', logPath(['/var/log/nginx/access.log']), {
    default: '',
    doc: 'File of the access log for TCP and UDP services alone.',
  }),
  logFormatStream: setting('log-format-stream', streamLogFormat, {
    default: FORMAT,
    doc: 'Lines of the access log about TCP and UDP services.',
  }),
} as const;
