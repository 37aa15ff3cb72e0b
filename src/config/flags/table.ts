import type { Camel, FlagSpec, ValueOf } from './spec.ts';
import { apiFlags } from './table-api.ts';
import { objectFlags } from './table-objects.ts';
import { ownFlags } from './table-own.ts';
import { portFlags } from './table-ports.ts';

const rows = { ...apiFlags, ...objectFlags, ...portFlags, ...ownFlags } as const;

type Rows = typeof rows;

export type FlagName = keyof Rows;

/** Every flag of the controller, in the order in which they are documented. `--help` is not one: it ends the parsing. */
export const flags: Readonly<Record<FlagName, FlagSpec>> = rows;

export const flagNames: readonly FlagName[] = Object.keys(rows) as FlagName[];

export function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(rows, name);
}

/** The values of all flags: `httpPort` for `--http-port`; durations in milliseconds, else as the flag's text says. */
export type Options = { readonly [Name in FlagName as Camel<Name>]: ValueOf<Rows[Name]> };
