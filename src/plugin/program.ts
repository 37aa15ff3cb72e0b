/** The command line of `kubectl ingress-nginx` (compat/kubectl-plugin.md). */
import { Command, CommanderError } from 'commander';
import { messageOf } from '../lib/errors.ts';
import { addClientFlags } from './client-flags.ts';
import type { ClientFlags } from './client-flags.ts';
import { addCompletion, COMPLETE, complete } from './completion.ts';
import { addBackends, addCerts, addConf, addExec, addExplain, addLogs, addPlain, addSsh } from './inside.ts';
import type { Io } from './io.ts';
import { addInfo, addIngresses, addLint } from './objects-commands.ts';
import type { Register, Run } from './register.ts';

const COMMANDS: readonly Register[] = [
  addBackends,
  addCerts,
  addCompletion,
  addConf,
  addExec,
  addExplain,
  addPlain,
  addInfo,
  addIngresses,
  addLint,
  addLogs,
  addSsh,
];

/** Resolves to the exit status: 0, 1 for wrong usage and for failures, or that of kubectl. */
export async function runPlugin(args: readonly string[], io: Io): Promise<number> {
  const status = { code: 0 };
  const root = createRoot(io);
  const run: Run =
    (action) =>
    async (...given) => {
      // The library passes the command last, and knows flags by their names only. A command with commands of its own takes their flags.
      const command = given.at(-1) as Command;
      const flags = command.optsWithGlobals() as Parameters<typeof action>[1];
      const words = command.args;
      const result = await action({ flags: root.opts<ClientFlags>(), io }, flags, words);
      status.code = typeof result === 'number' ? result : 0;
    };
  for (const register of COMMANDS) register({ root, run });
  if (args[0] === COMPLETE) {
    // Words that are not finished would be wrong usage.
    await complete(root, args.slice(1), io);
    return 0;
  }
  if (args.length === 0) {
    io.out(root.helpInformation());
    return 0;
  }
  try {
    await root.parseAsync([...args], { from: 'user' });
    return status.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    io.err(`${messageOf(error)}\n`);
    return 1;
  }
}

function createRoot(io: Io): Command {
  const root = new Command('kubectl ingress-nginx')
    .description('Looks at an ingress-nginx or Tidegate controller in a cluster.')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .configureHelp({ showGlobalOptions: true });
  addClientFlags(root);
  return root;
}
