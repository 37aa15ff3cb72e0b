/** `/dbg`: shows what the running nginx knows (compat/flags.md, "dbg"). */
import { readFile } from 'node:fs/promises';
import { request } from 'undici';
import { messageOf } from '../lib/errors.ts';

export interface DbgOptions {
  readonly args: readonly string[];
  readonly config: string;
  /** File with what is in quarantine. */
  readonly quarantine: string;
  readonly write: (text: string) => void;
}

const HELP = `Shows what the running nginx knows.

Usage:
  dbg backends all         all backends as JSON
  dbg backends list        their names
  dbg backends get NAME    one backend as JSON
  dbg certs get HOST       whether HOST has a certificate (keys are never shown)
  dbg conf                 the nginx.conf in force
  dbg quarantine           objects that nginx refused, and what serves instead
  dbg general              nothing, kept for scripts

Flags:
  --status-port int        port of the status server (default 10246)
`;

/** Resolves to the exit status: 1 for wrong usage only; failures are printed, as scripts expect. */
export async function dbg(options: DbgOptions): Promise<number> {
  const { port, words } = parseArgs(options.args);
  const base = `http://127.0.0.1:${port}`;
  const [command = '', verb = '', name = ''] = words;
  try {
    switch (`${command} ${verb}`.trim()) {
      case 'backends all':
        options.write(`${JSON.stringify(await backends(base), null, 2)}\n`);
        return 0;
      case 'backends list':
        for (const backend of await backends(base)) options.write(`${backend.name}\n`);
        return 0;
      case 'backends get':
        return await showBackend(base, name, options.write);
      case 'certs get':
        options.write(
          `Certificates and keys cannot be read back; look at the Secret that the Ingress of ${name} names\n`,
        );
        return 0;
      case 'general':
        options.write('{}\n');
        return 0;
      case 'conf':
        options.write(`${await readFile(options.config, 'utf8')}\n`);
        return 0;
      case 'quarantine':
        options.write(await readQuarantine(options.quarantine));
        return 0;
      default:
        options.write(HELP);
        return command === '' || command === 'help' ? 0 : 1;
    }
  } catch (error) {
    options.write(`${messageOf(error)}\n`);
    return 0;
  }
}

/** There is no file before the first object is refused. */
async function readQuarantine(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '[]\n';
    throw error;
  });
}

interface NamedBackend {
  readonly name: string;
}

async function backends(base: string): Promise<readonly NamedBackend[]> {
  const answer = await request(`${base}/configuration/backends`);
  if (answer.statusCode !== 200) throw new Error(`nginx answered ${answer.statusCode}`);
  return (await answer.body.json()) as readonly NamedBackend[];
}

async function showBackend(base: string, name: string, write: DbgOptions['write']): Promise<number> {
  const found = (await backends(base)).find((backend) => backend.name === name);
  if (found === undefined) {
    write('A backend of this name was not found.\n');
    return 0;
  }
  const keys = Object.keys(found).sort();
  write(`${JSON.stringify(found, keys.concat('address', 'port'), 2)}\n`);
  return 0;
}

function parseArgs(args: readonly string[]): { readonly port: number; readonly words: readonly string[] } {
  const words: string[] = [];
  let port = 10246;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (arg.startsWith('--status-port=')) port = Number(arg.slice('--status-port='.length));
    else if (arg === '--status-port') port = Number(args[++index]);
    else words.push(arg);
  }
  return { port, words };
}
