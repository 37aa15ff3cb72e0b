/** What has become of generations so far, and what that says about the next. */
import type { Generation } from './generation.ts';

export interface GenerationRecord {
  /** The generation that serves, or null. */
  serving(): Generation | null;
  /** Neither in force nor refused last. */
  isNew(generation: Generation): boolean;
  /** @param milliseconds that its proof took. */
  proved(generation: Generation, milliseconds: number): void;
  refused(generation: Generation): void;
  /** Milliseconds that new workers may take to answer. @param least of them. */
  patience(least: number): number;
  /** Milliseconds that a reload may wait for more. */
  gathering(wanted: number | 'automatic'): number;
}

const LONGEST_GATHERING = 30_000;

export function createGenerationRecord(): GenerationRecord {
  let serving: Generation | null = null;
  let refused: string | null = null;
  let slowest = 0;
  return {
    serving: () => serving,
    isNew: ({ checksum }) => checksum !== serving?.checksum && checksum !== refused,
    proved(generation, milliseconds) {
      serving = generation;
      refused = null;
      slowest = Math.max(slowest, milliseconds);
    },
    refused({ checksum }) {
      refused = checksum;
    },
    patience: (least) => Math.max(least, slowest * 10),
    gathering: (wanted) => (typeof wanted === 'number' ? wanted : Math.min(LONGEST_GATHERING, slowest * 10)),
  };
}
