/** What the tests of this folder share. */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { keyOf } from '../../lib/keys.ts';
import type { Kind, KubeObject } from '../objects.ts';
import type { Sink } from '../sink.ts';

export interface Folder {
  readonly path: string;
  write(name: string, text: string): Promise<void>;
  /** Writes beside the file and renames, as careful editors do. */
  swap(name: string, text: string): Promise<void>;
  at(name: string): string;
}

/** A new empty folder; the caller removes it with `removeFolder`. */
export async function makeFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'tidegate-files-'));
  const at = (name: string): string => join(path, name);
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(dirname(at(name)), { recursive: true });
    await writeFile(at(name), text);
  };
  return {
    path,
    at,
    write,
    swap: async (name, text) => {
      await write(`${name}~`, text);
      await rename(at(`${name}~`), at(name));
    },
  };
}

export async function removeFolder(folder: Folder): Promise<void> {
  await rm(folder.path, { recursive: true, force: true });
}

/** Runs as somebody to whom files can be unreadable, which they are not to root. Restores the user. */
export async function asOrdinaryUser(run: () => Promise<void>): Promise<void> {
  const user = process.geteuid?.();
  if (user === 0) process.seteuid?.(65_534);
  try {
    await run();
  } finally {
    if (user === 0) process.seteuid?.(0);
  }
}

/** A Service as one line of YAML; `address` varies the content. */
export function service(name: string, address = '10.0.0.1'): string {
  return `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {clusterIP: ${address}}}\n`;
}

export interface RecordingSink extends Sink {
  /** What the stores would hold now. */
  readonly objects: ReadonlyMap<string, KubeObject>;
  /** `replace Service`, `put Service default/a`, `remove Service default/a`, in order. */
  readonly calls: readonly string[];
  readonly synced: ReadonlySet<Kind>;
  /** `a=10.0.0.1 b=10.0.0.2`: the Services, by name. */
  services(): string;
}

export function recordingSink(): RecordingSink {
  const objects = new Map<string, KubeObject>();
  const calls: string[] = [];
  const synced = new Set<Kind>();
  const nameOf = (object: KubeObject): string => `${object.kind} ${keyOf(object.metadata)}`;
  return {
    objects,
    calls,
    synced,
    replace: (kind, all) => {
      calls.push(`replace ${kind}`);
      synced.add(kind);
      for (const object of all) objects.set(nameOf(object), object);
    },
    put: (object) => {
      calls.push(`put ${nameOf(object)}`);
      objects.set(nameOf(object), object);
    },
    remove: (kind, key) => {
      calls.push(`remove ${kind} ${key}`);
      objects.delete(`${kind} ${key}`);
    },
    services: () =>
      [...objects.values()]
        .flatMap((object) =>
          object.kind === 'Service' ? [`${object.metadata.name}=${object.spec.clusterIP}`] : [],
        )
        .toSorted()
        .join(' '),
  };
}

/** Polls until the value is the wanted one; throws with the last value after five seconds. */
export async function eventually<T>(read: () => T, wanted: T): Promise<void> {
  const deadline = Date.now() + 5000;
  while (read() !== wanted) {
    if (Date.now() > deadline) throw new Error(`expected ${String(wanted)}, still ${String(read())}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
