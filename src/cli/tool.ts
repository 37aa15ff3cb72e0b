import type { FlagName, Options } from '../config/flags/table.ts';
import type { Place } from '../config/place.ts';

export interface ToolInput {
  readonly options: Options;
  /** Flags that stood on the command line. */
  readonly given: ReadonlySet<FlagName>;
  readonly place: Place;
  readonly write: (text: string) => void;
}

/** A subcommand; resolves to the exit status, rejects with a message for the user. */
export type Tool = (input: ToolInput) => Promise<number>;
