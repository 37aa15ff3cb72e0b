/** What one key may say only together with others. */
import type { SettingsFault } from './read.ts';
import { describeFit, fitsBuffers } from '../../text/buffers.ts';
import { settingsTable } from './table.ts';
import type { Settings } from './table.ts';

interface Settled {
  readonly settings: Settings;
  readonly faults: readonly SettingsFault[];
}

type Rule = (settings: Settings) => Settled;

/** @param defaults what is in force instead. */
export function settle(settings: Settings, defaults: Settings): Settled {
  const rules: readonly Rule[] = [
    withKnownVariables(defaults),
    withKnownStreamVariables(defaults),
    withSyslogHost,
    withFittingBuffers,
    withCollector,
  ];
  return rules.reduce<Settled>(
    (before, rule) => {
      const after = rule(before.settings);
      return { settings: after.settings, faults: [...before.faults, ...after.faults] };
    },
    { settings, faults: [] },
  );
}

const isGood = (settings: Settings): Settled => ({ settings, faults: [] });

/** Where snippets may define more, nginx itself has the last word. */
function withKnownVariables({ logFormatUpstream: usual }: Settings): Rule {
  return (settings) => {
    const { logFormatUpstream: format, mainSnippet, httpSnippet, serverSnippet, locationSnippet } = settings;
    const snippets = [mainSnippet, httpSnippet, serverSnippet, locationSnippet].join('\n');
    const own = new Set(Array.from(snippets.matchAll(/\$\{?(\w+)/g), ([, name]) => name));
    if (settings.useForwardedHeaders) own.add('full_x_forwarded_for');
    const [unknown] = format.unknown.filter((name) => !own.has(name));
    if (unknown === undefined || settings.allowSnippetAnnotations) return isGood(settings);
    const { key } = settingsTable.logFormatUpstream;
    const reason = `holds "$${unknown}", which is no variable of nginx or of nginx.conf; the usual format is used`;
    return { settings: { ...settings, logFormatUpstream: usual }, faults: [{ key, reason }] };
  };
}

/** The same for TCP and UDP services. */
function withKnownStreamVariables({ logFormatStream: usual }: Settings): Rule {
  return (settings) => {
    const { logFormatStream: format, mainSnippet, allowSnippetAnnotations } = settings;
    const [unknown] = format.unknown.filter((name) => !mainSnippet.includes(name));
    if (unknown === undefined || allowSnippetAnnotations) return isGood(settings);
    const { key } = settingsTable.logFormatStream;
    const reason = `holds "$${unknown}", which nginx does not know about TCP and UDP; the usual format is used`;
    return { settings: { ...settings, logFormatStream: usual }, faults: [{ key, reason }] };
  };
}

function withSyslogHost(settings: Settings): Settled {
  if (!settings.enableSyslog || settings.syslogHost !== null) return isGood(settings);
  const reason = 'is "true" without a syslog-host; logs go where they would go without it';
  return {
    settings: { ...settings, enableSyslog: false },
    faults: [{ key: settingsTable.enableSyslog.key, reason }],
  };
}

function withFittingBuffers(settings: Settings): Settled {
  const { proxyBusyBuffersSize: busy, proxyBufferSize: size, proxyBuffersNumber: count } = settings;
  const buffers = { size, count };
  if (busy === null || fitsBuffers(busy, buffers)) return isGood(settings);
  const reason = `is "${busy}", but ${describeFit(buffers)}; that of nginx is used`;
  return {
    settings: { ...settings, proxyBusyBuffersSize: null },
    faults: [{ key: settingsTable.proxyBusyBuffersSize.key, reason }],
  };
}

function withCollector(settings: Settings): Settled {
  if (!settings.enableOpentelemetry || settings.otlpCollectorHost !== null) return isGood(settings);
  const reason = 'is "true" without an otlp-collector-host; requests carry traces on, and no spans are sent';
  return { settings, faults: [{ key: settingsTable.enableOpentelemetry.key, reason }] };
}
