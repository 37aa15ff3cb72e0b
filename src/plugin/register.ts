import type { Command } from 'commander';
import type { Context } from './context.ts';

/** What stands on the command line behind the name of the command, besides flags. */
export type Words = readonly string[];

/** Makes an action of commander; what it resolves to is the exit status, nothing for success. */
export type Run = <F>(
  action: (context: Context, flags: F, words: Words) => Promise<number | void>,
) => (...given: readonly unknown[]) => Promise<void>;

/** Adds one command. */
export type Register = (parts: { readonly root: Command; readonly run: Run }) => void;
