import type { Snapshot } from '../cluster/snapshot.ts';
import { readSettings } from '../config/settings/read.ts';
import type { ReadSettings } from '../config/settings/read.ts';
import type { ConfigMap } from '../source/objects.ts';

export interface SettingsReading {
  /** Key of the controller's ConfigMap; empty for none. */
  readonly configMap: string;
  /** Told when they were read anew. */
  readonly onSettings: (read: ReadSettings) => void;
}

/** Settings keep their identity while the ConfigMap is the same object; without one the defaults are in force. */
export function createSettingsReader(parts: SettingsReading): (snapshot: Snapshot) => ReadSettings {
  let last: { readonly source: ConfigMap | undefined; readonly read: ReadSettings } | null = null;
  return (snapshot) => {
    const source = snapshot.configMaps.get(parts.configMap);
    if (last?.source === source && last !== null) return last.read;
    last = { source, read: readSettings(source?.data ?? {}) };
    parts.onSettings(last.read);
    return last.read;
  };
}
