/** A reload that waits for more: its file is in place already, and what it brings is served without it. */
import { placeGeneration } from './apply.ts';
import type { ApplyOptions } from './apply.ts';
import type { CheckResult } from './check.ts';
import type { Generation } from './generation.ts';

export interface OwedReload {
  /** The newest that is owed, or null. */
  generation(): Generation | null;
  /** Checks a generation and puts its file in place. @param good what serves. */
  add(generation: Generation, good: Generation | null): Promise<CheckResult>;
  /** Milliseconds until it is due. @param longest how long the oldest of it may wait. */
  dueIn(longest: number): number;
  /** It has been loaded. */
  clear(): void;
  /** Nobody waits for what would not come up. */
  refused(generation: Generation): void;
  /** What serves takes its place again. */
  takeBack(good: Generation): Promise<void>;
}

export function createOwedReload(options: Pick<ApplyOptions, 'layout' | 'check' | 'nginx'>): OwedReload {
  let owed: { readonly generation: Generation; readonly since: number } | null = null;
  return {
    generation: () => owed?.generation ?? null,
    async add(generation, good) {
      if (generation.checksum === owed?.generation.checksum) return { ok: true };
      const result = await placeGeneration(generation, options, good);
      if (result.ok) owed = { generation, since: owed?.since ?? performance.now() };
      return result;
    },
    dueIn: (longest) => (owed === null ? 0 : owed.since + longest - performance.now()),
    clear() {
      owed = null;
    },
    refused({ checksum }) {
      if (owed?.generation.checksum === checksum) owed = null;
    },
    async takeBack(good) {
      if (owed !== null) await placeGeneration(good, options, good);
      owed = null;
    },
  };
}
