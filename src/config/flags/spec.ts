/** The shapes of the flag table and the types that follow from it. */

/** What a flag's text is read as. `list` is split on commas (with CSV quotes), `repeated` never is. */
interface Values {
  readonly string: string;
  readonly bool: boolean;
  readonly int: number;
  readonly uint32: number;
  readonly float32: number;
  readonly float64: number;
  readonly duration: number;
  readonly ip: string;
  readonly list: readonly string[];
  readonly floats: readonly number[];
  readonly repeated: readonly string[];
  readonly choice: string;
}

export type FlagType = keyof Values;
export type FlagValue = Values[FlagType];

/** Whether a flag does anything: `none` is accepted so that old manifests start, and by design never has an effect. */
export type Effect = 'now' | 'none';

export const groups = {
  api: 'API server, scope and leader election',
  ingresses: 'Choice of Ingresses and admission',
  objects: 'Objects and data that are used',
  ports: 'Ports and listeners',
  metrics: 'Metrics',
  lifecycle: 'Start and stop',
  own: 'Only in Tidegate',
  log: 'Log',
} as const;

export type FlagGroup = keyof typeof groups;

interface Entry<T extends FlagType> {
  readonly type: T;
  /** Durations are milliseconds, all other numbers are in the unit that `doc` names. */
  readonly default: Values[T];
  /** One sentence for `--help`; says the unit of a number. */
  readonly doc: string;
  readonly group: FlagGroup;
  readonly effect: Effect;
}

interface ChoiceEntry extends Entry<'choice'> {
  readonly choices: readonly string[];
}

/** One row of the table. */
export type FlagSpec =
  | { [T in Exclude<FlagType, 'choice'>]: Entry<T> }[Exclude<FlagType, 'choice'>]
  | ChoiceEntry;

/** `http-port` to `httpPort`; the underscores of the log flags count as dashes. */
export type Camel<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S extends `${infer Head}_${infer Tail}`
    ? `${Head}${Capitalize<Camel<Tail>>}`
    : S;

/** The same at run time. */
export function camel(name: string): string {
  return name.replace(/[-_](.)/g, (_match, letter: string) => letter.toUpperCase());
}

/** The type of a flag's value, from its row. */
export type ValueOf<S> = S extends { readonly choices: readonly (infer C)[] }
  ? C
  : S extends { readonly type: infer T extends FlagType }
    ? Values[T]
    : never;
