/** The program under test as a child process. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { requestHttp, requestHttps } from './client.ts';
import type { Answer, RequestOptions, TlsAnswer, TlsOptions } from './client.ts';
import { overlapOver } from './overlap.ts';
import { eventually, timed } from './poll.ts';
import { freePort } from './ports.ts';
import { allProcesses, killAll, mastersOf } from './processes.ts';
import type { ProcessInfo } from './processes.ts';

export const root = join(import.meta.dirname, '..', '..', '..');

export interface ProgramOptions {
  /** Arguments of node; default: the sources. */
  readonly program?: readonly string[];
  readonly flags: readonly string[];
  readonly dataDir: string;
  readonly env?: Readonly<Record<string, string>>;
  /** User and group id to run as. */
  readonly user?: number;
  /** File for standard output, the access log of nginx that is; default: it is collected with the rest. */
  readonly stdout?: string;
  /** Default: free ones. */
  readonly ports?: Ports;
}

export interface Ports {
  readonly http: number;
  readonly https: number;
  readonly healthz: number;
  readonly status: number;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Program {
  readonly pid: number;
  readonly ports: Ports;
  readonly dataDir: string;
  /** Neither of these two goes out while a reload has nginx answer in two ways: what one has shown holds for the next. */
  http(host: string, path: string, options?: RequestOptions): Promise<Answer>;
  https(host: string, path: string, options?: TlsOptions): Promise<TlsAnswer>;
  /** The same without that wait: for what must hold at any moment. */
  readonly atOnce: Pick<Program, 'http' | 'https'>;
  /** Status and text of the health check. */
  health(path?: string): Promise<Pick<Answer, 'status' | 'text'>>;
  /** Sum of all samples of a metric, 0 without any. */
  metric(name: string): Promise<number>;
  /** What it has written so far, both streams. */
  logLines(): readonly string[];
  /** Resolves to the first line that matches, looking from `from` on. */
  logged(pattern: RegExp, options?: { readonly from?: number; readonly deadline?: number }): Promise<string>;
  /**
   * Changes something that needs a reload; resolves to the milliseconds until its configuration was proven to serve. From then on
   * no worker answers any more as before.
   */
  reloadAfter(change: () => unknown, deadline?: number): Promise<number>;
  /** Resolves when no reload has come for `quiet` milliseconds (default 300). */
  settled(quiet?: number): Promise<void>;
  /** How often a configuration was brought into force, the first included. */
  reloads(): number;
  nginxConf(): Promise<string>;
  /** Process id of the nginx master. @throws when there is none or more than one. */
  master(): number;
  waitUntilReady(deadline?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** From now on nobody reads what it writes. */
  closeOutput(): void;
  readonly ended: Promise<Ended>;
  /** Resolves when it has ended. @throws when processes are left. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
  /** Whether a test has ended it already, one way or the other. */
  isOver(): boolean;
  /** Ends everything by force. */
  destroy(): void;
}

const RELOADED = /"Backend successfully reloaded"/;

export async function startProgram(options: ProgramOptions): Promise<Program> {
  const ports: Ports = options.ports ?? {
    http: await freePort(),
    https: await freePort(),
    healthz: await freePort(),
    status: await freePort(),
  };
  // The last one counts, so a test may choose a port itself.
  const own = Object.entries(ports).map(([name, port]) => `--${name}-port=${port}`);
  const child = spawnProgram({
    ...options,
    flags: [...own, `--data-dir=${options.dataDir}`, ...options.flags],
  });
  const { dataDir } = options;
  const lines = collectLines(child);
  const ended = endOf(child);
  // Rejects with the reason.
  if (child.pid === undefined) throw new Error(`node cannot be started: ${(await ended).code}`);
  const { pid } = child;
  // Process groups of the program and of the masters that it starts. Its own children stay in the first.
  const groups = new Set([pid]);
  let over = false;

  /** A reload that brings nothing that is not served already waits for others: its file is in place before. */
  const owesReload = (): boolean => {
    const config = join(dataDir, 'nginx.conf');
    const wanted = existsSync(config)
      ? /^# Configuration checksum: (\d+)/.exec(readFileSync(config, 'utf8'))
      : null;
    const loaded = lines.findLast((line) => RELOADED.test(line)) ?? '';
    return wanted !== null && !loaded.includes(`generation="${wanted[1]}"`);
  };
  const reloads = () => lines.filter((line) => RELOADED.test(line)).length;

  const remember = () => {
    for (const { group } of allProcesses().filter(({ parent }) => parent === pid)) groups.add(group);
  };
  const left = (): readonly ProcessInfo[] =>
    allProcesses().filter(({ group, command }) => groups.has(group) || command.includes(`${dataDir}/`));

  const atOnce: Program['atOnce'] = {
    http: (host, path, request) => requestHttp({ port: ports.http, host, path }, request),
    https: (host, path, request) => requestHttps({ port: ports.https, host, path }, request),
  };
  const program: Program = {
    pid,
    ports,
    dataDir,
    ended,
    atOnce,
    http: (...request) => overlapOver(dataDir).then(() => atOnce.http(...request)),
    https: (...request) => overlapOver(dataDir).then(() => atOnce.https(...request)),
    health: (path = '/healthz') => requestHttp({ port: ports.healthz, host: 'localhost', path }),
    async metric(name) {
      const { text } = await requestHttp({ port: ports.healthz, host: 'localhost', path: '/metrics' });
      return sumOf(text, name);
    },
    logLines: () => lines,
    logged: (pattern, { from = 0, deadline } = {}) =>
      eventually(() => {
        const found = lines.slice(from).find((line) => pattern.test(line));
        if (found === undefined) throw new Error(`no line of the log matches ${pattern}:\n${tail(lines)}`);
        return found;
      }, deadline),
    reloads,
    async reloadAfter(change, deadline) {
      const before = reloads();
      await change();
      return timed(() => {
        if (reloads() === before) throw new Error(`no reload came:\n${tail(lines)}`);
      }, deadline);
    },
    async settled(quiet = 300) {
      const end = performance.now() + 90_000;
      for (let last = -1, since = 0; ;) {
        const now = performance.now();
        if (reloads() !== last) {
          last = reloads();
          since = now;
        }
        if (now - since >= quiet && !owesReload()) return;
        if (now > end) throw new Error(`the reloads do not end:\n${tail(lines)}`);
        await setTimeout(10);
      }
    },
    nginxConf: () => readFile(join(dataDir, 'nginx.conf'), 'utf8'),
    master() {
      const [master, ...more] = mastersOf(dataDir);
      if (master === undefined || more.length > 0) {
        throw new Error(`expected one nginx master, found ${[master, ...more].join(' ')}`);
      }
      groups.add(master);
      return master;
    },
    async waitUntilReady(deadline = 60_000) {
      await eventually(async () => {
        if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}:\n${tail(lines)}`);
        const { status, text } = await program.health();
        if (status !== 200) throw new Error(`not ready: ${text}\n${tail(lines)}`);
      }, deadline);
      remember();
    },
    kill: (signal) => void child.kill(signal),
    closeOutput() {
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
    isOver: () => over,
    async stop(signal = 'SIGTERM') {
      over = true;
      remember();
      child.kill(signal);
      const end = await Promise.race([ended, late(30_000, lines)]);
      const rest = left();
      // Their numbers may come again, for others.
      groups.clear();
      alive.delete(program);
      if (rest.length > 0) {
        killAll(rest.map((info) => info.pid));
        const names = rest.map((info) => `${info.pid} ${info.command}`).join('\n');
        throw new Error(`processes are left behind:\n${names}\n${tail(lines)}`);
      }
      return end;
    },
    destroy() {
      over = true;
      if (child.exitCode === null && child.signalCode === null) remember();
      killAll(left().map((info) => info.pid));
      groups.clear();
      alive.delete(program);
    },
  };
  alive.add(program);
  return program;
}

/** Programs that nobody has ended yet. They are in process groups of their own, so a Ctrl-C does not reach them. */
const alive = new Set<Program>();
process.once('exit', () => {
  for (const program of alive) program.destroy();
});

/** Runs the program until it ends by itself. */
export async function runProgram(
  flags: readonly string[],
  options: Pick<ProgramOptions, 'env' | 'user'> = {},
): Promise<Ended & { readonly stdout: string; readonly stderr: string }> {
  const child = spawnProgram({ flags, ...options });
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (data: Buffer) => (output.stdout += data.toString()));
  child.stderr?.on('data', (data: Buffer) => (output.stderr += data.toString()));
  const timer = new AbortController();
  const patience = setTimeout(20_000, undefined, { signal: timer.signal });
  patience.then(
    () => child.kill('SIGKILL'),
    () => undefined,
  );
  const end = await endOf(child);
  timer.abort();
  return { ...end, ...output };
}

function spawnProgram({
  program = [join(root, 'src', 'main.ts')],
  flags,
  env,
  user,
  stdout,
}: Pick<ProgramOptions, 'program' | 'flags' | 'env' | 'user' | 'stdout'>): ChildProcess {
  const file = stdout === undefined ? null : openSync(stdout, 'a');
  const child = spawn(process.execPath, [...program, ...flags], {
    cwd: '/',
    stdio: ['ignore', file ?? 'pipe', 'pipe'],
    // In a group of its own: what is left of it can be found, and ended, without harm to anybody else.
    detached: true,
    env: { ...process.env, NODE_NO_WARNINGS: '1', ...env },
    ...(user === undefined ? {} : { uid: user, gid: user }),
  });
  if (file !== null) closeSync(file);
  return child;
}

/** Grows as lines come. */
function collectLines(child: ChildProcess): readonly string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.on('data', (data: Buffer) => {
      const parts = (rest + data.toString()).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
    });
  }
  return lines;
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // When its streams are closed too, so that all lines have come.
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

async function late(milliseconds: number, lines: readonly string[]): Promise<never> {
  await setTimeout(milliseconds, undefined, { ref: false });
  throw new Error(`does not end:\n${tail(lines)}`);
}

function sumOf(exposition: string, name: string): number {
  let sum = 0;
  for (const line of exposition.split('\n')) {
    const [, found, value] = /^([a-z_]+)(?:\{.*\})? (\S+)$/.exec(line) ?? [];
    if (found === name) sum += Number(value);
  }
  return sum;
}

function tail(lines: readonly string[]): string {
  return lines.slice(-15).join('\n');
}
