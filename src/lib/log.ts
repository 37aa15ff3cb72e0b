/** Fields of one log line: constant message, everything that varies here. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What every part logs through; `src/observe/log.ts` makes one. */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Printed only when the verbosity (`-v`) is at least `level`. */
  debug(level: number, message: string, fields?: LogFields): void;
}

/** For tests and for library use without output. */
export const silentLogger: Logger = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
};
