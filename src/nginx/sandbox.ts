/** Runs a program that reads text of strangers with as little as possible around it (docs/decisions/0005-sandboxed-check.md). */
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createHelper } from './helper.ts';
import type { Ended } from './helper.ts';

/**
 * `namespaces`: no network, no processes of others, no secrets; `landlock`: no file but the programs and its own folder, no TCP, no
 * signals. Both: no capabilities, a clean environment, a time limit, limits of CPU time, memory, file size and open files.
 */
export type SandboxLevel = 'namespaces' | 'landlock';

export interface Sandboxed extends Ended {
  /** Whether it was ended for what it took: time, CPU time, memory. */
  readonly exceeded: boolean;
}

export interface Sandbox {
  readonly level: SandboxLevel;
  /** `command` runs in `folder`. Never rejects for what the program does. */
  run(command: readonly string[], folder: string): Promise<Sandboxed>;
  close(): Promise<void>;
}

export interface SandboxOptions {
  /** Where the trial may make a folder; it is made when it is missing. */
  readonly folder: string;
  /** Folders and sockets' folders that the program must not see where that is possible. */
  readonly hidden: readonly string[];
  /** The program of image/confine.c, or null. */
  readonly confine: string | null;
  /** Milliseconds; default 5 s. */
  readonly timeout?: number;
  /** Levels to choose from; default all. */
  readonly levels?: readonly SandboxLevel[];
}

const TIMEOUT = 5000;
export const sandboxLevels: readonly SandboxLevel[] = ['namespaces', 'landlock'];

// As POSIX has it, so that any shell will do: seconds, KiB, blocks of 512 bytes (files: 16 MiB).
const LIMITS = `exec ${[3, 4, 5, 6, 7, 8, 9].map((fd) => `${fd}>&-`).join(' ')} && ulimit -c 0 && ulimit -S -t 4 && ulimit -H -t 5 && ulimit -v 524288 && ulimit -f 32768 && ulimit -n 256`;
const HIDE = 'while [ "$1" != -- ]; do mount -t tmpfs -o ro,size=4k none "$1" || exit 125; shift; done';
const DROP = 'setpriv --no-new-privs --inh-caps=-all';
// Root gets capabilities back with every program, up to this set, which only root can make smaller.
const DROP_OF_ROOT = `${DROP} --bounding-set=-all`;
/** What a program is made of, and the settings of OpenSSL, without which it does not start. */
const PROGRAMS = ['/usr', '/bin', '/lib', '/lib64', '/etc/ld.so.cache', '/etc/ssl/openssl.cnf'];
const UNSHARE = [
  'unshare',
  '--user',
  '--map-root-user',
  '--net',
  '--mount',
  '--pid',
  '--ipc',
  '--uts',
  '--fork',
  '--kill-child',
];

/** The best level that works here, found by trying; null when none does. */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox | null> {
  // A fresh /proc is not to be had in most containers; an empty one is, and is better.
  const hidden = await existing(['/proc', ...options.hidden]);
  const timeout = options.timeout ?? TIMEOUT;
  const helper = createHelper();
  const make = (level: SandboxLevel): Sandbox => ({
    level,
    async run(command, folder) {
      const ended = await helper.run(wrap(level, { ...options, command, hidden, folder }), {
        folder,
        timeout,
      });
      return { ...ended, exceeded: ended.code === null || ended.code > 128 };
    },
    close: helper.close,
  });
  await mkdir(options.folder, { recursive: true });
  const folder = await mkdtemp(join(options.folder, 'trial-'));
  try {
    for (const level of options.levels ?? sandboxLevels) {
      if (level === 'landlock' && options.confine === null) continue;
      const sandbox = make(level);
      if ((await sandbox.run(['true'], folder)).code === 0) return sandbox;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await helper.close();
  return null;
}

async function existing(folders: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    const isFolder = await stat(folder).then(
      (entry) => entry.isDirectory(),
      () => false,
    );
    if (isFolder) found.push(folder);
  }
  return found;
}

interface Wrapped {
  readonly command: readonly string[];
  readonly hidden: readonly string[];
  readonly confine: string | null;
  readonly folder: string;
}

function wrap(level: SandboxLevel, { command, hidden, confine, folder }: Wrapped): readonly string[] {
  const shell = (script: string) => ['sh', '-c', script, 'sh'];
  switch (level) {
    case 'namespaces':
      return [
        ...UNSHARE,
        ...shell(`${HIDE}; shift; ${LIMITS} && exec ${DROP_OF_ROOT} -- "$@"`),
        ...hidden,
        '--',
        ...command,
      ];
    case 'landlock':
      return [
        ...shell(`${LIMITS} && exec ${process.getuid?.() === 0 ? DROP_OF_ROOT : DROP} -- "$@"`),
        confine ?? '',
        ...PROGRAMS.flatMap((path) => ['--read', path]),
        ...['/dev/null', folder].flatMap((path) => ['--write', path]),
        '--no-tcp',
        '--',
        ...command,
      ];
  }
}
