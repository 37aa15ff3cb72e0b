/** What one key may say only together with others. */
import type { SettingsFault } from './read.ts';
import { describeFit, fitsBuffers } from '../../text/buffers.ts';
import type { Machine } from './machine.ts';
import { settingsTable } from './table.ts';
import type { Settings } from './table.ts';

interface Settled {
  readonly settings: Settings;
  readonly faults: readonly SettingsFault[];
}

type Rule = (settings: Settings) => Settled;

/** @param defaults what is in force instead. */
export function settle(settings: Settings, defaults: Settings, machine: Machine): Settled {
  const rules: readonly Rule[] = [
    withKnownVariables(defaults, machine),
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

function withKnownVariables({ logFormatUpstream: usual }: Settings, { geo }: Machine): Rule {
  return (settings) => {
    const { logFormatUpstream: format, mainSnippet, httpSnippet, serverSnippet, locationSnippet } = settings;
    const own: string[] = [mainSnippet, httpSnippet, serverSnippet, locationSnippet];
    if (settings.useForwardedHeaders) own.push('$full_x_forwarded_for');
    if (settings.useGeoip2.kind !== 'off') own.push(...geo.variables);
    const unknown = unknownOf(format, own, settings);
    if (unknown === undefined) return isGood(settings);
    const { key } = settingsTable.logFormatUpstream;
    const reason = `holds "$${unknown}", which is no variable of nginx or of nginx.conf; the usual format is used`;
    return { settings: { ...settings, logFormatUpstream: usual }, faults: [{ key, reason }] };
  };
}

/** The same for TCP and UDP services. */
function withKnownStreamVariables({ logFormatStream: usual }: Settings): Rule {
  return (settings) => {
    const { logFormatStream: format, mainSnippet, streamSnippet } = settings;
    const unknown = unknownOf(format, [mainSnippet, streamSnippet], settings);
    if (unknown === undefined) return isGood(settings);
    const { key } = settingsTable.logFormatStream;
    const reason = `holds "$${unknown}", which nginx does not know about TCP and UDP; the usual format is used`;
    return { settings: { ...settings, logFormatStream: usual }, faults: [{ key, reason }] };
  };
}

/** A variable that snippets do not define either. Where those of Ingresses may define more, nginx itself has the last word. */
function unknownOf(
  { unknown }: Settings['logFormatUpstream'],
  snippets: readonly string[],
  { allowSnippetAnnotations }: Settings,
): string | undefined {
  if (allowSnippetAnnotations || unknown.length === 0) return undefined;
  const own = new Set(Array.from(snippets.join('\n').matchAll(/\$\{?(\w+)/g), ([, name]) => name));
  return unknown.find((name) => !own.has(name));
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
