/** Clocks that a test sets, for one program and the nginx that it starts. */
import { openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { clockLibrary } from '../builders/compiled.ts';

export interface TestClock {
  /** Variables of the environment for the program. */
  readonly env: Readonly<Record<string, string>>;
  /** From now on so far from the clock of the machine. */
  shift(seconds: number): void;
  /** The same for the clock that only ever goes forward: as if so much time had passed. */
  pass(seconds: number): void;
}

/** @param folder for the file that holds the shift. */
export function createTestClock(folder: string): TestClock {
  const path = join(folder, 'clock');
  // The programs map it: its size never changes.
  writeFileSync(path, Buffer.alloc(16), { mode: 0o644 });
  const file = openSync(path, 'r+');
  const write = (seconds: number, at: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    writeSync(file, bytes, 0, 8, at);
  };
  return {
    env: { LD_PRELOAD: clockLibrary(), TEST_CLOCK: path },
    shift: (seconds) => write(seconds, 0),
    pass: (seconds) => write(seconds, 8),
  };
}
