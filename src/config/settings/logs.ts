/** What is written about requests, and where (compat/behaviour.md section 28). */
import { logFormat } from '../../text/log-format.ts';
import { logHost, logParams, logPath } from '../../text/log-path.ts';
import { mapPattern } from '../../text/map-pattern.ts';
import { bool, integer, list } from '../../text/values.ts';
import { setting } from './setting.ts';

const FORMAT =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id';

const accessLog = logPath(['/var/log/nginx/access.log']);
const patterns = list(mapPattern, { separator: /,/, example: '/healthz,~^/static/', empty: 'allowed' });

export const logSettings = {
  disableAccessLog: setting('disable-access-log', bool, { default: 'false', doc: 'Write no access log.' }),
  disableHttpAccessLog: setting('disable-http-access-log', bool, {
    default: 'false',
    doc: 'Write no access log about HTTP.',
  }),
  accessLogPath: setting('access-log-path', accessLog, {
    default: '/var/log/nginx/access.log',
    doc: 'File of the access log; the output of the controller by default.',
  }),
  httpAccessLogPath: setting('http-access-log-path', accessLog, {
    default: '',
    doc: 'The same for HTTP alone.',
  }),
  accessLogParams: setting('access-log-params', logParams, {
    default: '',
    doc: 'How lines are gathered before they are written.',
  }),
  skipAccessLogUrls: setting('skip-access-log-urls', patterns, {
    default: '',
    doc: 'URIs with their queries that are not logged: exact ones, or regular expressions after "~" or "~*" (any case).',
  }),
  enableAccessLogForDefaultBackend: setting('enable-access-log-for-default-backend', bool, {
    default: 'false',
    doc: 'Log requests that no host takes, too.',
  }),
  errorLogPath: setting('error-log-path', logPath(['/var/log/nginx/error.log', 'stderr']), {
    default: '/var/log/nginx/error.log',
    doc: 'File of the error log about requests; the error output of the controller by default.',
  }),
  logFormatUpstream: setting('log-format-upstream', logFormat, {
    default: FORMAT,
    doc: 'Lines of the access log.',
  }),
  logFormatEscapeJson: setting('log-format-escape-json', bool, {
    default: 'false',
    doc: 'Escape values in these lines as in strings of JSON.',
  }),
  logFormatEscapeNone: setting('log-format-escape-none', bool, {
    default: 'false',
    doc: 'Escape nothing in these lines; clients can write lines of their own then.',
  }),
  enableSyslog: setting('enable-syslog', bool, {
    default: 'false',
    doc: 'Send both logs about requests to a syslog server, over UDP.',
  }),
  syslogHost: setting('syslog-host', logHost, { default: '', doc: 'Its name or address.' }),
  syslogPort: setting('syslog-port', integer({ min: 1, max: 65_535 }), { default: '514', doc: 'Its port.' }),
} as const;
