import type { Snapshot } from '../cluster/snapshot.ts';
import type { Machine } from '../config/settings/machine.ts';
import { readSettings } from '../config/settings/read.ts';
import type { ReadSettings } from '../config/settings/read.ts';
import type { ConfigMap } from '../source/objects.ts';

export interface SettingsReading {
  /** Key of the controller's ConfigMap; empty for none. */
  readonly configMap: string;
  /** What nginx and the files beside it allow. */
  readonly machine: () => Machine;
  /** Told when they were read anew. */
  readonly onSettings: (read: ReadSettings, source: ConfigMap | undefined) => void;
}

interface Last {
  readonly source: ConfigMap | undefined;
  readonly read: ReadSettings;
  /** Of the databases. */
  readonly geo: string;
}

/**
 * Settings keep their identity while the ConfigMap is the same object, and the files that it asks for are the same; without one the
 * defaults are in force.
 */
export function createSettingsReader(parts: SettingsReading): (snapshot: Snapshot) => ReadSettings {
  let last: Last | null = null;
  return (snapshot) => {
    const source = snapshot.configMaps.get(parts.configMap);
    // Who does not ask for databases is not disturbed by them.
    if (last?.source === source && last?.read.settings.useGeoip2.kind === 'off') return last.read;
    const machine = parts.machine();
    const geo = JSON.stringify(machine.geo);
    if (last?.source === source && last?.geo === geo) return last.read;
    last = { source, read: readSettings(source?.data ?? {}, machine), geo };
    parts.onSettings(last.read, source);
    return last.read;
  };
}
