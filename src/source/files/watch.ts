import type { Logger } from '../../lib/log.ts';
import type { Sink, Source } from '../sink.ts';
import { type Hints, watchRoots } from './hints.ts';
import { type Debug, emptyLibrary, type Library, readAll, readSome } from './library.ts';
import { createLoop, type Wanted } from './loop.ts';
import { type Contribution, merge } from './merge.ts';
import { createFaultReporter, createPublisher, type OnFault } from './publish.ts';
import { failure, findRoots, type Root } from './walk.ts';

export interface FileSourceOptions {
  /** Folders, or single files. */
  readonly directories: readonly string[];
  readonly sink: Sink;
  readonly log: Logger;
  /** Called once for each fault that appears. Faults are logged in any case. */
  readonly onFault?: OnFault;
}

/** How often everything is looked at, in milliseconds, when the system cannot tell about changes. */
const polling = 2000;

/**
 * Follows manifests on disk as a source of objects. Resolves after the first complete reading was given to the sink; throws when
 * one of the paths does not exist. Later on nothing throws: whatever cannot be read leaves its last good content in force.
 */
export async function startFileSource(options: FileSourceOptions): Promise<Source> {
  const { log } = options;
  const reader = createReader(await findRoots(options.directories), options);
  const loop = createLoop(reader.look);
  const failed = (error: unknown): void => {
    reader.goBlind(error);
    loop.want(undefined);
  };
  // Watching begins before reading, so that no change falls between the two.
  const hints = await watchRoots(reader.roots, { hint: loop.want, failed });
  const stop = async (): Promise<void> => {
    await loop.stop();
    await hints.stop();
  };
  try {
    reader.follow(hints);
    await loop.start();
  } catch (error) {
    await stop();
    throw error;
  }
  log.info('manifests are read', {
    folders: reader.roots.map(({ given }) => given),
    files: reader.fileCount(),
  });
  return { stop };
}

interface Reader {
  readonly roots: readonly Root[];
  /** Brings the sink up to date with the disk; answers when to look again. */
  look(wanted: Wanted): Promise<number | undefined>;
  /** From now on nothing is known but by looking. */
  goBlind(error: unknown): void;
  follow(hints: Hints): void;
  fileCount(): number;
}

function createReader(roots: readonly Root[], { sink, log, onFault }: FileSourceOptions): Reader {
  const debug: Debug = (message, fields) => log.debug(2, message, fields);
  const publish = createPublisher(sink);
  const report = createFaultReporter(log, onFault ?? (() => undefined));
  let library = emptyLibrary(roots);
  let hints: Hints | undefined;
  let blind = false;
  let started = false;

  const advance = async (wanted: Wanted): Promise<void> => {
    library = await readWanted(library, wanted, debug);
    hints?.follow(library.elsewhere);
    const merged = merge(contributions(library));
    publish(merged.winners);
    report(merged.faults);
    started = true;
  };
  return {
    roots,
    look: async (wanted) => {
      try {
        await advance(wanted);
      } catch (error) {
        if (!started) throw error;
        log.error('manifests could not be read, what was read before stays in force', {
          reason: failure(error),
        });
        return polling;
      }
      return blind ? Math.min(library.again ?? polling, polling) : library.again;
    },
    goBlind: (error) => {
      if (!blind)
        log.warn('cannot follow all changes of manifests, they are looked for every 2 s', { error });
      blind = true;
    },
    follow: (watching) => (hints = watching),
    fileCount: () => library.files.size,
  };
}

async function readWanted(library: Library, wanted: Wanted, debug: Debug): Promise<Library> {
  const some = wanted === 'all' ? undefined : await readSome(library, wanted, debug);
  return some ?? readAll(library, debug);
}

function contributions(library: Library): readonly Contribution[] {
  const ofFolders = { objects: [], faults: library.faults };
  return [...[...library.files.values()].map(({ contribution }) => contribution), ofFolders];
}
