/** How long the event loop of a program was blocked. */
import { join } from 'node:path';
import type { Program } from '../src/testing/harness/program.ts';

/** For the program that is to be watched. */
export const loopProbe = { NODE_OPTIONS: `--import=${join(import.meta.dirname, 'loop-probe.mjs')}` } as const;

/** Milliseconds at most, since the last time. */
export async function longestBlock(program: Program): Promise<number> {
  const from = program.logLines().length;
  program.kill('SIGUSR2');
  const line = await program.logged(/^longest block/, { from });
  return Number(/[\d.]+/.exec(line)?.[0]);
}
