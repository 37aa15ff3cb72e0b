/**
 * `__complete WORDS...`: what may stand in the place of the last word, one a line, and behind a tab what it is. The last line is a
 * colon and bits for the shell, as programs have it that are made with cobra (pkg.go.dev/github.com/spf13/cobra#ShellCompDirective).
 * kubectl speaks it with `kubectl_complete-ingress_nginx`.
 */
import { Argument } from 'commander';
import type { Command } from 'commander';
import type { ClientFlags } from './client-flags.ts';
import { completionScript, SHELLS } from './completion-scripts.ts';
import { candidatesOf, placeOf } from './completion-tree.ts';
import type { Candidate, Place } from './completion-tree.ts';
import { sourceOf } from './completion-values.ts';
import type { Io } from './io.ts';
import type { PodFlags } from './pods.ts';
import type { Register } from './register.ts';

export const COMPLETE = '__complete';

const DIRECTIVES = { files: 0, nothing: 4, folders: 16 } as const;

/** For each question to the cluster: whoever has pressed a key waits. */
const PATIENCE = '5s';

/** Never rejects and says nothing on standard error: the line that is being typed would be torn apart. */
export async function complete(root: Command, typed: readonly string[], io: Io): Promise<void> {
  const place = placeOf(root, typed);
  const values = await valuesOf(place, io).catch(() => []);
  const fitting = [...values.map((text) => ({ text })), ...candidatesOf(place)].filter(
    ({ text }) => text !== '' && text.startsWith(place.partial),
  );
  io.out([...fitting.map(lineOf), `:${DIRECTIVES[directiveOf(place)]}`, ''].join('\n'));
}

function lineOf({ text, description = '' }: Candidate): string {
  return description === '' ? text : `${text}\t${description}`;
}

function directiveOf({ wanted }: Place): keyof typeof DIRECTIVES {
  if (wanted.kind !== 'value') return 'nothing';
  if (wanted.option.flags.endsWith('<file>')) return 'files';
  return wanted.option.flags.endsWith('<folder>') ? 'folders' : 'nothing';
}

async function valuesOf({ wanted, flags }: Place, io: Io): Promise<readonly string[]> {
  if (wanted.kind !== 'value' && wanted.kind !== 'word') return [];
  const name = wanted.kind === 'value' ? wanted.option.long : wanted.argument?.name();
  const source = sourceOf(wanted.command.name(), name ?? '');
  if (source === null) return [];
  // They are those that the tree has parsed.
  const typed = flags as ClientFlags & PodFlags;
  const names = await source({ flags: { requestTimeout: PATIENCE, ...typed }, io }, typed);
  return [...new Set(names)].toSorted();
}

export const addCompletion: Register = ({ root, run }) => {
  root
    .command('completion')
    .addArgument(new Argument('<shell>', 'shell that reads it').choices(SHELLS))
    .description('prints what a shell reads to complete commands, flags and names')
    .action(
      run(async ({ io }, _flags, [shell = '']) => {
        const known = SHELLS.find((each) => each === shell);
        if (known !== undefined) io.out(completionScript(known));
      }),
    );
};
