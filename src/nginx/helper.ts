/**
 * A shell that starts programs for us. A start from the controller itself copies the page tables of a process with the whole
 * cluster in its memory: 20 ms at 300 MB, in which the event loop stands still.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endsWithin } from '../lib/within.ts';
import { sendSignal } from './master.ts';
import { sessionOf } from './workers.ts';

export interface Ended {
  /** As a shell has it: above 128 when a signal ended it; null when it did not come to an end that we know of. */
  readonly code: number | null;
  /** The beginning of what it wrote to its error output. */
  readonly output: string;
}

export interface Helper {
  /** Runs a program in a folder; all that it starts is killed after so many milliseconds. Never rejects for what it does. */
  run(command: readonly string[], how: RunOptions): Promise<Ended>;
  /** Kills what still runs, and starts nothing more. */
  close(): Promise<void>;
}

export interface RunOptions {
  /** Where it runs. */
  readonly folder: string;
  /** The file that takes its error output until it has ended; default: one in the folder. */
  readonly output?: string;
  readonly timeout: number;
}

const MAX_OUTPUT = 64 * 1024;
const OUTPUT = '.output';
/** Milliseconds beyond the time of a program in which the shell must answer. */
const PATIENCE = 3000;
/** Milliseconds from the kill to the end, which only a disk that does not answer can put off. */
const LAST_PATIENCE = 2000;

/** Each line is ours; nothing of an object is ever in it. */
const SCRIPT = 'while IFS= read -r line; do eval "$line"; done';

interface Shell {
  readonly process: ChildProcess;
  readonly waiting: Map<number, (code: number | null) => void>;
  readonly gone: Promise<void>;
}

export function createHelper(): Helper {
  let shell: Shell | null = null;
  let number = 0;
  let closed = false;

  function running(): Shell {
    if (shell !== null) return shell;
    const started = startShell();
    shell = started;
    // Jobs of a shell that has ended may still be under way; new ones need another.
    started.process.once('exit', () => {
      if (shell === started) shell = null;
    });
    return started;
  }

  /** `lost`: the shell had ended before it heard of the job. */
  function ask(line: (id: number) => string, patience: number): Promise<number | null | 'lost'> {
    const { process: child, waiting } = running();
    const id = ++number;
    return new Promise((resolve) => {
      const finish = (code: number | null | 'lost') => {
        if (code === 'lost' && shell?.process === child) shell = null;
        clearTimeout(timer);
        waiting.delete(id);
        resolve(code);
      };
      const timer = setTimeout(() => finish(null), patience);
      waiting.set(id, finish);
      child.stdin?.write(`${line(id)}\n`, (error) => {
        if (error !== null && error !== undefined) finish('lost');
      });
    });
  }

  return {
    async run(command, { folder, timeout, output: file = join(folder, OUTPUT) }) {
      if (closed) return { code: null, output: '' };
      const words = ['timeout', '-s', 'KILL', String(timeout / 1000), ...command]
        .map(quoteForShell)
        .join(' ');
      const job = `(cd ${quoteForShell(folder)} && unset OLDPWD && exec ${words}) </dev/null >/dev/null 2>${quoteForShell(file)}`;
      const tell = () => ask((id) => `(${job}; echo ${id} $?) &`, timeout + PATIENCE);
      const told = await tell();
      const again = told === 'lost' && !closed ? await tell() : told;
      const code = again === 'lost' ? null : again;
      const output = await readBeginning(file);
      await rm(file, { force: true });
      return { code, output };
    },
    async close() {
      closed = true;
      const last = shell;
      if (last === null) return;
      last.process.stdin?.end();
      if (last.waiting.size > 0) killSession(last.process.pid);
      await endsWithin(last.gone, LAST_PATIENCE);
    },
  };
}

function startShell(): Shell {
  const child = spawn('sh', ['-c', SCRIPT], {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: ['pipe', 'pipe', 'ignore'],
    // It ends when its input does, not with the signals that a terminal sends to all.
    detached: true,
  });
  const waiting: Shell['waiting'] = new Map();
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const end = () => {
    for (const finish of waiting.values()) finish(null);
    resolve();
  };
  child.once('error', end);
  child.once('close', end);
  // A write to a shell that has just ended; its end is told by itself.
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [id, code] = line.split(' ').map(Number);
    waiting.get(id ?? 0)?.(code ?? null);
  });
  return { process: child, waiting, gone };
}

/** The shell leads a session of its own, which all that it starts belongs to. Without promises, whose threads may wait for the disk. */
function killSession(leader: number | undefined): void {
  if (leader === undefined) return;
  const members = readdirSync('/proc')
    .map(Number)
    .filter((pid) => sessionOf(pid) === leader);
  for (const pid of members) sendSignal(pid, 'SIGKILL');
}

async function readBeginning(file: string): Promise<string> {
  const handle = await open(file).catch(() => null);
  if (handle === null) return '';
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_OUTPUT), 0, MAX_OUTPUT, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function quoteForShell(word: string): string {
  if (/[\n\0]/.test(word)) throw new Error('a word for the shell holds a line break');
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
