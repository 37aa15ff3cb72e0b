/** Logs about requests as the templates print them (compat/nginx-conf.md section 3, "Logging"). */
import type { Settings } from '../config/settings/table.ts';
import type { Environment } from './environment.ts';

/** The check of the webhook writes nothing, and asks nobody for names. */
export function logView(settings: Settings, { purpose, layout }: Pick<Environment, 'purpose' | 'layout'>) {
  const serves = purpose === 'serve';
  const syslog = settings.enableSyslog ? `syslog:server=${settings.syslogHost}:${settings.syslogPort}` : null;
  const file = settings.httpAccessLogPath ?? settings.accessLogPath;
  const skips = settings.skipAccessLogUrls.length > 0;
  const error = syslog ?? settings.errorLogPath;
  const hasParams = serves && syslog === null;
  return {
    hasAccess: !settings.disableAccessLog && !settings.disableHttpAccessLog,
    access: serves ? (syslog ?? file ?? layout.accessLog) : layout.accessLog,
    params: [...(hasParams ? settings.accessLogParams : []), ...(skips ? ['if=$loggable'] : [])],
    skips,
    skipped: settings.skipAccessLogUrls,
    hasError: serves && error !== null,
    error: error ?? '',
    options: escapeOf(settings),
    format: settings.logFormatUpstream.pieces,
  };
}

function escapeOf({ logFormatEscapeNone, logFormatEscapeJson }: Settings): readonly string[] {
  if (logFormatEscapeNone) return ['escape=none'];
  return logFormatEscapeJson ? ['escape=json'] : [];
}
