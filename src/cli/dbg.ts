/** `/dbg`: what the running controller knows (compat/flags.md, "dbg"). It is asked on a unix socket that only its user can reach. */
import { readFile } from 'node:fs/promises';
import { messageOf } from '../lib/errors.ts';
import { ask } from './inspection-client.ts';

export interface DbgOptions {
  readonly args: readonly string[];
  readonly config: string;
  /** File with what is in quarantine. */
  readonly quarantine: string;
  /** Socket of the controller. */
  readonly socket: string;
  readonly write: (text: string) => void;
}

const HELP = `Shows what the running controller knows.

Usage:
  dbg backends all         all backends as JSON
  dbg backends list        their names
  dbg backends get NAME    one backend as JSON
  dbg certs get HOST       the certificates that HOST is served with (keys are never shown)
  dbg conf                 the nginx.conf in force
  dbg explain HOST [PATH]  which Ingress, location and endpoints serve a request, and why no other
  dbg generation           which configuration serves, since when, and what changed last
  dbg quarantine           objects that nginx refused, and what serves instead
  dbg general              nothing, kept for scripts

Flags:
  --status-port int        accepted without effect: the controller is asked on a unix socket
`;

/** Words that mean nothing by themselves. */
const GROUPS: readonly string[] = ['backends', 'certs'];

/** Resolves to the exit status: 1 for wrong usage only; failures are printed, as scripts expect. */
export async function dbg(options: DbgOptions): Promise<number> {
  const words = wordsOf(options.args);
  const [command = '', ...rest] = words;
  try {
    const text = await answer(options, command, rest);
    options.write(text ?? HELP);
    const isHelp = command === '' || command === 'help' || GROUPS.includes(words.join(' '));
    return text === null && !isHelp ? 1 : 0;
  } catch (error) {
    options.write(`${messageOf(error)}\n`);
    return 0;
  }
}

/** Null for wrong usage. */
async function answer(
  options: DbgOptions,
  command: string,
  words: readonly string[],
): Promise<string | null> {
  const [verb = '', name = ''] = words;
  const socket = options.socket;
  switch (command) {
    case 'backends':
      return backendsText(socket, verb, name);
    case 'certs':
      return verb === 'get' && name !== '' ? text(await ask(socket, '/certificate', { host: name })) : null;
    case 'explain':
      return verb === '' ? null : text(await ask(socket, '/explain', { host: verb, path: name || '/' }));
    case 'generation':
      return text(await ask(socket, '/generation'));
    case 'conf':
      return `${await readFile(options.config, 'utf8')}\n`;
    case 'quarantine':
      return readQuarantine(options.quarantine);
    case 'general':
      return '{}\n';
    default:
      return null;
  }
}

/** What is not there is an answer, too. */
function text({ status, body }: Awaited<ReturnType<typeof ask>>): string {
  if (status !== 200 && status !== 404) throw new Error(body.trim());
  return body;
}

interface NamedBackend {
  readonly name: string;
}

async function backendsText(socket: string, verb: string, name: string): Promise<string | null> {
  const isKnown = verb === 'all' || verb === 'list' || (verb === 'get' && name !== '');
  if (!isKnown) return null;
  const body = text(await ask(socket, '/backends'));
  if (verb === 'all') return body;
  const backends = JSON.parse(body) as readonly NamedBackend[];
  if (verb === 'list') return backends.map((backend) => `${backend.name}\n`).join('');
  const found = backends.find((backend) => backend.name === name);
  return found === undefined
    ? 'A backend of this name was not found.\n'
    : `${JSON.stringify(sorted(found), null, 2)}\n`;
}

/** With the keys of every object in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

/** There is no file before the first object is refused. */
async function readQuarantine(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '[]\n';
    throw error;
  });
}

function wordsOf(args: readonly string[]): readonly string[] {
  const words: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (arg === '--status-port') index++;
    else if (!arg.startsWith('--status-port=')) words.push(arg);
  }
  return words;
}
