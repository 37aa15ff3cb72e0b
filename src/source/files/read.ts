import { readFile } from 'node:fs/promises';
import { keyOf } from '../../lib/keys.ts';
import { parseBytes } from './library.ts';
import { type Contribution, merge } from './merge.ts';
import type { Fault, Origin, Placed } from './placed.ts';
import { failure, findRoots, walk } from './walk.ts';

export interface Manifests {
  /** In path order, each object once. */
  readonly objects: readonly Placed<Origin>[];
  readonly faults: readonly Fault[];
}

/**
 * Reads all manifests of folders (to any depth) and files once. Throws when one of the given paths does not exist; everything
 * else that is wrong is a fault.
 */
export async function readManifests(paths: readonly string[]): Promise<Manifests> {
  const walked = await walk(await findRoots(paths));
  const files: Contribution<Origin>[] = [];
  for (const { path } of walked.found) files.push(await readFileOnce(path));
  const { winners, faults } = merge(files);
  const objects = files
    .flatMap((file) => file.objects)
    .filter((placed) => winners.get(placed.object.kind)?.get(keyOf(placed.object.metadata)) === placed);
  return { objects, faults: [...walked.faults, ...faults] };
}

async function readFileOnce(file: string): Promise<Contribution<Origin>> {
  try {
    return parseBytes(await readFile(file), file);
  } catch (error) {
    return {
      objects: [],
      faults: [{ file, line: 0, code: 'unreadable', reason: `${failure(error)}; it is left out` }],
    };
  }
}
