/** Commands that look into a pod of the controller. */
import { Option } from 'commander';
import { kubectlFlags } from './client-flags.ts';
import { serverText } from './conf.ts';
import { askController, targetOf } from './context.ts';
import type { Context } from './context.ts';
import { handOver, targetFlags } from './kubectl.ts';
import { addPodFlags } from './pods.ts';
import type { PodFlags } from './pods.ts';
import type { Register } from './register.ts';

export const addBackends: Register = ({ root, run }) => {
  addPodFlags(root.command('backends'))
    .description('shows the backends that the controller sends requests to')
    .option('--backend <name>', 'only this one')
    .addOption(new Option('--list', 'only their names').conflicts('backend'))
    .action(
      run(async (context, flags: PodFlags & { readonly backend?: string; readonly list?: true }) => {
        const verbs =
          flags.backend === undefined ? [flags.list === true ? 'list' : 'all'] : ['get', flags.backend];
        context.io.out(await askController(context, flags, ['backends', ...verbs]));
      }),
    );
};

export const addCerts: Register = ({ root, run }) => {
  addPodFlags(root.command('certs'))
    .description('shows the certificate of a host')
    .requiredOption('--host <name>', 'host whose certificate is shown')
    .action(
      run(async (context, flags: PodFlags & { readonly host: string }) =>
        context.io.out(await askController(context, flags, ['certs', 'get', flags.host])),
      ),
    );
};

export const addConf: Register = ({ root, run }) => {
  addPodFlags(root.command('conf'))
    .description('shows the nginx.conf of the controller')
    .option('--host <name>', 'only the server of this host')
    .action(
      run(async (context, flags: PodFlags & { readonly host?: string }) => {
        const text = await askController(context, flags, ['conf']);
        context.io.out(flags.host === undefined ? text : `${serverText(text, flags.host)}\n`);
      }),
    );
};

/** Without flags of their own: what /dbg says. */
export const addPlain: Register = ({ root, run }) => {
  const plain: Readonly<Record<string, string>> = {
    general: 'shows nothing, kept for scripts',
    generation: 'shows which configuration serves, since when, and what changed last (Tidegate)',
    quarantine: 'shows objects that nginx refused, and what serves instead (Tidegate)',
  };
  for (const [name, description] of Object.entries(plain))
    addPodFlags(root.command(name))
      .description(description)
      .action(
        run(async (context, flags: PodFlags) => context.io.out(await askController(context, flags, [name]))),
      );
};

export const addExplain: Register = ({ root, run }) => {
  addPodFlags(root.command('explain <host> [path]'))
    .description('shows which Ingress, location and endpoints serve a request, and why no other (Tidegate)')
    .action(
      run(async (context, flags: PodFlags, [host = '', path = '/']) =>
        context.io.out(await askController(context, flags, ['explain', host, path])),
      ),
    );
};

interface ExecFlags extends PodFlags {
  readonly stdin?: true;
  readonly tty?: true;
}

export const addExec: Register = ({ root, run }) => {
  addPodFlags(root.command('exec [command...]'))
    .description('runs a command in a pod of the controller')
    .usage('[options] -- COMMAND [ARGUMENTS]')
    .option('-i, --stdin', 'gives it the standard input')
    .option('-t, --tty', 'the standard input is a terminal')
    .action(
      run((context, flags: ExecFlags, words) => {
        const terminal = [...(flags.stdin === true ? ['-i'] : []), ...(flags.tty === true ? ['-t'] : [])];
        return inPod(context, flags, { terminal, words });
      }),
    );
};

export const addSsh: Register = ({ root, run }) => {
  addPodFlags(root.command('ssh'))
    .description('opens a shell in a pod of the controller')
    .action(
      run((context, flags: PodFlags) =>
        inPod(context, flags, { terminal: ['-i', '-t'], words: ['/bin/bash'] }),
      ),
    );
};

interface Inside {
  readonly terminal: readonly string[];
  readonly words: readonly string[];
}

async function inPod(context: Context, flags: PodFlags, { terminal, words }: Inside): Promise<number> {
  const target = await targetOf(context, flags);
  const args = ['exec', ...terminal, ...targetFlags(target), target.pod, '--', ...words];
  return handOver([...kubectlFlags(context.flags), ...args], context.io);
}

interface LogFlags extends PodFlags {
  readonly follow?: true;
  readonly timestamps?: true;
  readonly previous?: true;
  readonly limitBytes?: string;
  readonly tail?: string;
  readonly sinceTime?: string;
  readonly since?: string;
}

export const addLogs: Register = ({ root, run }) => {
  addPodFlags(root.command('logs'))
    .description('shows the log of a pod of the controller')
    .option('-f, --follow', 'goes on as the log does')
    .option('--timestamps', 'with the time of each line')
    .option('--limit-bytes <number>', 'at most so many bytes')
    .option('-p, --previous', 'of the container before, if there was one')
    .option('--tail <number>', 'only so many lines of the end')
    .option('--since-time <time>', 'only what is newer than this time (RFC 3339)')
    .option('--since <duration>', 'only what is newer than so long, for example 5m')
    .action(
      run(async (context, flags: LogFlags) => {
        const target = await targetOf(context, flags);
        const args = ['logs', ...targetFlags(target), target.pod, ...logFlags(flags)];
        return handOver([...kubectlFlags(context.flags), ...args], context.io);
      }),
    );
};

function logFlags(flags: LogFlags): readonly string[] {
  const switches = { follow: flags.follow, timestamps: flags.timestamps, previous: flags.previous };
  const values = {
    'limit-bytes': flags.limitBytes,
    tail: flags.tail,
    'since-time': flags.sinceTime,
    since: flags.since,
  };
  return [
    ...Object.entries(switches).flatMap(([name, value]) => (value === true ? [`--${name}`] : [])),
    ...Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`])),
  ];
}
