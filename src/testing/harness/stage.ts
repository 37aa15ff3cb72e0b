/** A place for one suite: temporary folders, backends, programs; everything goes away at its end, also when a test fails. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { after, before } from 'mocha';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startFakeApi } from '../fake-api/server.ts';
import type { FakeApi } from '../fake-api/server.ts';
import { addAddress, removeAddress } from './addresses.ts';
import { startBackend } from './backend.ts';
import type { Backend, BackendOptions } from './backend.ts';
import { startProgram } from './program.ts';
import type { Ports, Program } from './program.ts';

export interface StartOptions {
  /** Arguments of node; default: the sources. */
  readonly program?: readonly string[];
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: number;
  /** File for the access log; default: it is collected with the other lines. */
  readonly stdout?: string;
  /** Default: free ones. */
  readonly ports?: Ports;
  /** Follow this API server instead of the manifests. */
  readonly api?: FakeApi;
  /** Follow the API server of this kubeconfig. */
  readonly kubeconfig?: string;
  readonly dataDir?: string;
  /** False: resolves when the process has been made. */
  readonly ready?: boolean;
}

export interface Stage {
  /** The temporary folder of this suite; manifests are in `manifests`. */
  readonly folder: string;
  readonly manifests: string;
  /** Writes objects (or text) to a file of the manifests folder, in one step. */
  write(file: string, ...content: readonly (string | object)[]): void;
  remove(file: string): void;
  backend(name: string, options?: BackendOptions): Promise<Backend>;
  /** An address of this machine that is no loopback address. */
  address(): string;
  api(): Promise<FakeApi>;
  start(options?: StartOptions): Promise<Program>;
  /** Called at the end, last first. */
  defer(action: () => unknown): void;
  close(): Promise<void>;
}

/** Opens a stage before the suite and closes it after; the answer gives what `prepare` made. */
export function useStage<T extends object>(
  prepare: (stage: Stage) => Promise<T> | T,
): () => T & { readonly stage: Stage } {
  let made: (T & { readonly stage: Stage }) | undefined;
  let stage: Stage | undefined;
  before(async () => {
    stage = createStage();
    made = { ...(await prepare(stage)), stage };
  });
  after(async () => {
    await stage?.close();
  });
  return () => {
    if (made === undefined) throw new Error('the stage is not open');
    return made;
  };
}

export function createStage(): Stage {
  // Short, since paths of sockets are; and open to the workers of nginx, which run as another user.
  const folder = mkdtempSync('/tmp/tg-');
  chmodSync(folder, 0o755);
  const manifests = join(folder, 'manifests');
  mkdirSync(manifests);
  const closers: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  let programs = 0;
  let files = 0;

  return {
    folder,
    manifests,
    write(file, ...content) {
      // As editors do: readers see the old or the new file, never half of one.
      const temporary = join(folder, `new-${++files}`);
      writeFileSync(temporary, textOf(content));
      renameSync(temporary, join(manifests, file));
    },
    remove: (file) => rmSync(join(manifests, file)),
    async backend(name, options) {
      const backend = await startBackend(name, options);
      closers.push(backend.close);
      return backend;
    },
    address() {
      const address = addAddress();
      closers.push(() => removeAddress(address));
      return address;
    },
    async api() {
      const api = await startFakeApi();
      closers.push(api.close);
      return api;
    },
    async start(options = {}) {
      const dataDir = options.dataDir ?? join(folder, `d${++programs}`);
      mkdirSync(dataDir, { recursive: true });
      if (options.user !== undefined && process.getuid?.() !== 0) {
        throw new Error('starting the program as another user needs root; run the feature tests as root');
      }
      if (options.user !== undefined) chownSync(dataDir, options.user, options.user);
      const program = await startProgram({ ...options, dataDir, flags: flagsOf(options, manifests) });
      closers.push(() => endProgram(program));
      if (options.ready !== false) await program.waitUntilReady();
      return program;
    },
    defer: (action) => void closers.push(action),
    async close() {
      const errors: unknown[] = [];
      for (const close of closers.toReversed()) {
        try {
          await close();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}

function flagsOf({ api, kubeconfig, flags = [] }: StartOptions, manifests: string): readonly string[] {
  if (api === undefined && kubeconfig === undefined) return [`--manifests=${manifests}`, ...flags];
  const server = api === undefined ? `--kubeconfig=${kubeconfig}` : `--apiserver-host=${api.url}`;
  // Nobody waits for load balancers here.
  return [server, '--post-shutdown-grace-period=0', ...flags];
}

async function endProgram(program: Program): Promise<void> {
  if (program.isOver()) return program.destroy();
  try {
    const { code, signal } = await program.stop('SIGINT');
    if (code !== 0)
      throw new Error(`the program ended with ${code ?? signal}: ${program.logLines().slice(-5).join('\n')}`);
    assertCleanFolder(program.dataDir);
  } finally {
    program.destroy();
  }
}

/** What only a running program needs must be gone: sockets, locks, process ids, candidates of checks. */
export function assertCleanFolder(dataDir: string): void {
  const rest = [...readdirSync(join(dataDir, 'run')), ...readdirSync(join(dataDir, 'check'))];
  const names = readdirSync(dataDir).filter((name) => /\.(?:lock|pid|new|probe)$/.test(name));
  if (rest.length + names.length > 0) throw new Error(`left in ${dataDir}: ${[...rest, ...names].join(' ')}`);
}

function textOf(content: readonly (string | object)[]): string {
  // Readers of YAML 1.1, as those of manifests are, take an off without quotes for false.
  const write = (part: object) => stringify(part, { compat: 'yaml-1.1' });
  return content.map((part) => (typeof part === 'string' ? part : write(part))).join('---\n');
}
