/** The databases of MaxMind beside nginx: which are there, and whether nginx would take them. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../config/settings/machine.ts';
import { geoEditionsOf, geoVariablesOf } from '../text/geo.ts';
import type { GeoVariable } from '../text/geo.ts';
import type { Environment } from './environment.ts';

export interface GeoDatabase {
  readonly path: string;
  readonly variables: readonly GeoVariable[];
}

/** @param editions as --maxmind-edition-ids has them. */
export function geoDatabasesOf(editions: string, folder: string): readonly GeoDatabase[] {
  return Array.from(geoVariablesOf(geoEditionsOf(editions)), ([edition, variables]) => ({
    path: join(folder, `${edition}.mmdb`),
    variables,
  }));
}

export const BROTLI_PACKAGES = 'libnginx-mod-http-brotli-filter libnginx-mod-http-brotli-static';
export const GEOIP2_PACKAGE = 'libnginx-mod-http-geoip2';

/** Returns what looks at the machine; files are read again only when they have changed. */
export function createMachine({ features, geo }: Pick<Environment, 'features' | 'geo'>): () => Machine {
  const look = createLook();
  const variables = geo.flatMap((database) => database.variables.map(({ name }) => name));
  const brotli =
    features.brotli === null
      ? `nginx has no module for it; install the packages ${BROTLI_PACKAGES} and start again`
      : null;
  return () => {
    if (features.geoip2 === null) {
      const missing = `nginx has no module for them; install the package ${GEOIP2_PACKAGE} and start again`;
      return { brotli, geo: { missing, version: 0, variables } };
    }
    const found = geo.map(({ path }) => ({ path, ...look(path) }));
    const bad = found.filter(({ fault }) => fault !== null).map(({ path, fault }) => `${path} ${fault}`);
    const none = geo.length === 0 ? 'no database is named by --maxmind-edition-ids' : null;
    return {
      brotli,
      geo: {
        missing: bad.length === 0 ? none : bad.join(', '),
        version: numberOf(found.map(({ mark }) => mark).join()),
        variables,
      },
    };
  };
}

interface Seen {
  /** Null: nginx would take it. */
  readonly fault: string | null;
  /** Of this state of the file. */
  readonly mark: string;
}

function createLook(): (path: string) => Seen {
  const known = new Map<string, Seen>();
  return (path) => {
    let file: number;
    try {
      file = openSync(path, 'r');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return { fault: code === 'ENOENT' ? 'is missing' : `cannot be read (${code ?? 'unknown'})`, mark: '-' };
    }
    try {
      const { ino, size, mtimeMs } = fstatSync(file);
      const mark = `${ino}:${size}:${mtimeMs}`;
      const before = known.get(path);
      if (before?.mark === mark) return before;
      const seen = { fault: endsAsDatabase(file, size) ? null : 'is no database of MaxMind', mark };
      known.set(path, seen);
      return seen;
    } finally {
      closeSync(file);
    }
  };
}

/** MaxMind DB file format 2.0: what it holds is told at its end, after this mark. One that is cut off has none. */
const MARK = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const LONGEST_END = 128 * 1024;

function endsAsDatabase(file: number, size: number): boolean {
  const length = Math.min(size, LONGEST_END);
  const end = Buffer.alloc(length);
  try {
    readSync(file, end, 0, length, size - length);
  } catch {
    return false;
  }
  return end.includes(MARK);
}

function numberOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE();
}
