/** Commands of a page, as somebody types them in one terminal after the other. */
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { webhookAnswers } from './controller.ts';
import { STANDS_FOR } from './documents.ts';
import type { Page } from './documents.ts';
import { blocksOf, missing, mustFail, stepsOf } from './guide.ts';
import type { Block, Step } from './guide.ts';
import { eventually } from './kubectl.ts';

const root = join(import.meta.dirname, '../..');

export function withStandIns(text: string): string {
  return STANDS_FOR.reduce((all, [name, own]) => all.replaceAll(name, own), text);
}

/** Blocks of a page but those that are exceptions. */
export async function blocksToRun({ path, exceptions = [] }: Page): Promise<readonly Block[]> {
  const blocks = blocksOf(await readFile(join(root, path), 'utf8'));
  return blocks.filter(({ text }) => !exceptions.some(({ begins }) => text.startsWith(begins)));
}

interface Shell {
  readonly folder: string;
  run(commands: string): Promise<{ readonly code: number; readonly output: string }>;
  /** Starts what goes on until it is ended; what went on before ends, as in one terminal. Ready when it says so. */
  serve(commands: string): Promise<void>;
  /** Starts it again when it ended by itself, such as the way to a pod that is replaced. */
  revive(): Promise<void>;
  end(): Promise<void>;
}

const READY = /Ready: the configuration serves|Tidegate serves|Forwarding from/;

interface Server {
  readonly commands: string;
  readonly output: () => string;
  readonly ended: () => boolean;
  stop(): Promise<void>;
}

/** Paths on pages are those of the repository. Variables that a block exports are there in the next ones. */
async function openShell(given: Readonly<Record<string, string>>): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-page-'));
  await mkdir(join(root, 'dist'), { recursive: true });
  for (const entry of await readdir(root))
    if (!entry.startsWith('.')) await symlink(join(root, entry), join(folder, entry));
  for (const [name, path] of Object.entries(given)) await symlink(join(root, path), join(folder, name));
  // Programs of users look for their cluster there.
  await mkdir(join(folder, '.kube'));
  await symlink(process.env['KUBECONFIG'] ?? '', join(folder, '.kube/config'));
  await mkdir(join(folder, '.local/bin'), { recursive: true });
  const env = {
    HOME: folder,
    TIDEGATE_ROOT: root,
    PATH: `${join(folder, '.local/bin')}:${process.env['PATH']}`,
  };
  const scriptOf = (commands: string) =>
    `set -eu; [ ! -f .env ] || . ./.env\n${withStandIns(commands)}\ndeclare -px > .env`;
  let server: Server | null = null;

  async function serve(commands: string): Promise<void> {
    await server?.stop();
    const started = startServer(scriptOf(commands), { folder, env });
    server = { ...started, commands };
    await eventually(`"${commands}" to be ready`, async () => {
      if (started.ended()) throw new Error(`it ended: ${started.output()}`);
      return READY.test(started.output()) ? true : null;
    });
  }

  return {
    folder,
    serve,
    async run(commands) {
      const options = { cwd: folder, env, all: true, reject: false } as const;
      const { exitCode, all } = await execa('bash', ['-c', scriptOf(commands)], options);
      return { code: exitCode ?? -1, output: all };
    },
    async revive() {
      if (server?.ended()) await serve(server.commands);
    },
    async end() {
      await server?.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** In a process group of its own, which gets the signal of Ctrl-C. */
function startServer(
  script: string,
  { folder, env }: { readonly folder: string; readonly env: Readonly<Record<string, string>> },
): Omit<Server, 'commands'> {
  const child = execa('bash', ['-c', script], { cwd: folder, env, all: true, reject: false, detached: true });
  let output = '';
  let ended = false;
  child.all.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const gone = child.then(() => (ended = true));
  return {
    output: () => output,
    ended: () => ended,
    async stop() {
      if (!ended && child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
      await gone;
    },
  };
}

/** What only asks may be asked again until things have come to rest. */
const CHANGES = /\b(?:create|apply|annotate|delete|patch|set|expose|scale|undo|build)\b/;
/** After these the controller is another one, whose webhook the API server may not reach for a second. */
const REPLACES = /deploy\.yaml|\brollout\b|\bset image\b/;

async function take(shell: Shell, step: Step): Promise<void> {
  if (step.kind === 'file') return writeFile(join(shell.folder, step.name), withStandIns(step.text));
  if (step.kind === 'serves') return shell.serve(step.text);
  const { text, expected, line } = step;
  const attempt = async (): Promise<true> => {
    await shell.revive();
    const { code, output } = await shell.run(text);
    if (mustFail(expected)) expect(code, `line ${line} must fail: ${output}`).to.not.equal(0);
    else expect(code, `line ${line}: ${output}`).to.equal(0);
    expect(missing(output, expected), `line ${line} prints:\n${output}`).to.equal(null);
    return true;
  };
  if (CHANGES.test(text)) await attempt();
  else await eventually(`line ${line}`, attempt);
}

/**
 * The webhook answers at the end, even where the page has replaced the controller: what comes next finds one that works.
 *
 * @throws with the line of the page whose commands do not do what it says.
 */
export async function walk(page: Page): Promise<void> {
  const shell = await openShell(page.given ?? {});
  const aside = async (commands = 'true') => {
    const { code, output } = await shell.run(commands);
    expect(code, output).to.equal(0);
  };
  const errors: unknown[] = [];
  const note = (error: unknown) => errors.push(error);
  // What went wrong first is the reason of all that goes wrong afterwards.
  await aside(page.before)
    .then(() => follow(page, shell))
    .catch(note);
  await aside(page.after).then(webhookAnswers).catch(note);
  await shell.end();
  if (errors.length > 0) throw errors[0];
}

async function follow(page: Page, shell: Shell): Promise<void> {
  let isReplaced = false;
  for (const step of stepsOf(await blocksToRun(page))) {
    if (isReplaced && CHANGES.test(step.text)) await webhookAnswers();
    await take(shell, step);
    isReplaced = REPLACES.test(step.text) || (isReplaced && !CHANGES.test(step.text));
  }
}
