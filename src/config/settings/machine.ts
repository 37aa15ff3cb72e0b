/** What the nginx at hand, and the files beside it, allow of what the ConfigMap asks for. */
import { geoEditionsOf, geoVariablesOf } from '../../text/geo.ts';
import type { SettingsFault } from './read.ts';
import { settingsTable } from './table.ts';
import type { Settings } from './table.ts';

export interface Machine {
  /** Null: it can do it; else why it cannot, for people. */
  readonly brotli: string | null;
  readonly geo: {
    readonly missing: string | null;
    /** Changes with the databases. */
    readonly version: number;
    /** Variables that they bring, with `$`. */
    readonly variables: readonly string[];
  };
}

/** One that can do everything, for tools that have no nginx. */
export const wholeMachine: Machine = {
  brotli: null,
  geo: { missing: null, version: 0, variables: geoVariableNames('GeoLite2-City,GeoLite2-ASN') },
};

export function geoVariableNames(editions: string): readonly string[] {
  return [...geoVariablesOf(geoEditionsOf(editions)).values()].flat().map(({ name }) => name);
}

export function fitToMachine(
  settings: Settings,
  { brotli, geo }: Machine,
): { readonly settings: Settings; readonly faults: readonly SettingsFault[] } {
  const { enableBrotli, useGeoip2 } = settings;
  const asksForPlaces = useGeoip2.kind !== 'off';
  return {
    settings: {
      ...settings,
      enableBrotli: enableBrotli && brotli === null,
      useGeoip2: !asksForPlaces
        ? useGeoip2
        : geo.missing === null
          ? { kind: 'on', version: geo.version }
          : { kind: 'empty' },
    },
    faults: [
      ...(enableBrotli && brotli !== null
        ? [{ key: settingsTable.enableBrotli.key, reason: `is "true" without effect: ${brotli}` }]
        : []),
      ...(asksForPlaces && geo.missing !== null
        ? [
            {
              key: settingsTable.useGeoip2.key,
              reason: `is "true", but its variables stay empty: ${geo.missing}`,
            },
          ]
        : []),
    ],
  };
}
