import { settle } from './combined.ts';
import { fitToMachine, wholeMachine } from './machine.ts';
import type { Machine } from './machine.ts';
import { settingsTable } from './table.ts';
import type { Setting } from './setting.ts';
import type { Settings } from './table.ts';

export interface SettingsFault {
  readonly key: string;
  readonly reason: string;
}

export interface ReadSettings {
  readonly settings: Settings;
  /** Bad values, instead of which the default is in force, and bad items of lists, which are left out. */
  readonly faults: readonly SettingsFault[];
  /** Keys that nobody knows. */
  readonly unknown: readonly string[];
}

const entries: readonly (readonly [string, Setting<unknown>])[] = Object.entries(settingsTable);

const usual = Object.fromEntries(entries.map(([name, entry]) => [name, defaultOf(entry)])) as Settings;

/** Reads the `data` of the controller's ConfigMap; an empty record gives the defaults. Bad values never spoil good ones. */
export function readSettings(
  data: Readonly<Record<string, string>>,
  machine: Machine = wholeMachine,
): ReadSettings {
  const values: Record<string, unknown> = {};
  const faults: SettingsFault[] = [];
  const keys = Object.keys(data).sort();
  const used = new Set<string>();
  for (const [name, entry] of entries) {
    const key = findKey(keys, entry.key);
    if (key !== undefined) used.add(key);
    const given = key === undefined ? undefined : data[key];
    const parsed = entry.type.parse((given ?? entry.default).trim());
    if (parsed.ok) {
      values[name] = parsed.value;
      faults.push(...(parsed.leftOut ?? []).map((reason) => ({ key: entry.key, reason })));
      continue;
    }
    values[name] = defaultOf(entry);
    faults.push({ key: entry.key, reason: `${parsed.reason}; the default "${entry.default}" is used` });
  }
  const fitted = fitToMachine(values as Settings, machine);
  const settled = settle(fitted.settings, usual, machine);
  return {
    settings: settled.settings,
    faults: [...faults, ...fitted.faults, ...settled.faults],
    unknown: keys.filter((key) => !used.has(key)),
  };
}

/** The exact key, or else one that differs in case only (compat/configmap.md, "Generic decoding rules"). */
function findKey(keys: readonly string[], wanted: string): string | undefined {
  return keys.find((key) => key === wanted) ?? keys.find((key) => key.toLowerCase() === wanted);
}

function defaultOf(entry: Setting<unknown>): unknown {
  const parsed = entry.type.parse(entry.default);
  if (!parsed.ok) throw new Error(`the default of ${entry.key} ${parsed.reason}`);
  return parsed.value;
}
