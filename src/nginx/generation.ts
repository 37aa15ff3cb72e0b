/** One complete nginx.conf, kept in the parts that it is made of. */
import { differenceOf } from '../lib/chunks.ts';
import type { Server, SideFile } from '../model/model.ts';
import { sameFiles } from '../lib/same-files.ts';

/** The text of one server. */
export interface Fragment {
  readonly server: Server;
  readonly text: Buffer;
  readonly lines: number;
  /** Equal for equal texts. */
  readonly digest: Buffer;
}

export interface Generation {
  /** Decimal digits; equal for equal content, and what the workers of this generation answer with. */
  readonly checksum: string;
  /** What stands before the servers, without the first line, which names the checksum. */
  readonly head: Buffer;
  readonly servers: readonly Fragment[];
  readonly tail: Buffer;
  /** What comes last: TCP and UDP; empty for none. */
  readonly stream: Buffer;
  /** What must lie beside it before nginx reads it. */
  readonly files: readonly SideFile[];
}

/** The whole text. */
export function configOf(generation: Generation): Buffer {
  return Buffer.concat(partsOf(generation));
}

/** The whole text, in parts. */
export function partsOf({ checksum, head, servers, tail, stream }: Generation): readonly Buffer[] {
  const first = Buffer.from(`# Configuration checksum: ${checksum}\n`);
  return [first, head, ...servers.map(({ text }) => text), tail, stream];
}

/** Bytes of the whole text, but for its first line. */
export function sizeOf({ head, servers, tail, stream }: Generation): number {
  const frame = head.length + tail.length + stream.length;
  return servers.reduce((sum, { text }) => sum + text.length, frame);
}

/** First line of each server's text, counted from 1, ascending. */
export function linesOf({ head, servers }: Generation): readonly ServerAt[] {
  let line = countLines(head) + 2;
  return servers.map((fragment) => {
    const start = line;
    line += fragment.lines;
    return { line: start, server: fragment.server };
  });
}

export interface ServerAt {
  readonly line: number;
  readonly server: Server;
}

/** The server whose text holds a line that nginx names, and the first line of that text; null outside of all servers. */
export function serverAt(generation: Generation, line: number): ServerAt | null {
  const owner = linesOf(generation).findLast((entry) => entry.line <= line);
  if (owner === undefined) return null;
  const lines = generation.servers.find(({ server }) => server === owner.server)?.lines ?? 0;
  return line < owner.line + lines ? owner : null;
}

/** The part of `next` that `base` does not prove: nothing is left out that a text in it depends on. Null when that is all of it. */
export function changesSince(base: Generation, next: Generation): Generation | null {
  if (!sameFrame(base, next)) return null;
  const fresh = new Set(differenceOf(base.servers, next.servers).added);
  // nginx takes TLS settings for all from the default server.
  const isChecked = (fragment: Fragment) => fragment.server.name.kind === 'catch-all' || fresh.has(fragment);
  return { ...next, servers: next.servers.filter(isChecked) };
}

/** The servers of `next` whose text `base` has not; null when it differs in what all servers share. */
export function changedServers(base: Generation, next: Generation): readonly Server[] | null {
  if (!sameAround(base, next)) return null;
  const { removed, added } = differenceOf(base.servers, next.servers);
  const before = new Map(removed.map((fragment) => [fragment.server.host, fragment.digest]));
  const isNew = ({ server, digest }: Fragment) => before.get(server.host)?.equals(digest) !== true;
  return added.filter(isNew).map(({ server }) => server);
}

/** The hosts that `next` has besides those of `base`; null when it differs in anything else. */
export function newHosts(base: Generation, next: Generation): readonly string[] | null {
  if (!sameAround(base, next)) return null;
  const { removed, added } = differenceOf(base.servers, next.servers);
  return removed.length > 0 ? null : added.map(({ server }) => server.host);
}

/** Whether nothing differs but servers. */
function sameAround(a: Generation, b: Generation): boolean {
  return sameFrame(a, b) && a.stream.equals(b.stream);
}

/** Whether servers mean the same in both. */
function sameFrame(a: Generation, b: Generation): boolean {
  return a.head.equals(b.head) && sameFiles(a.files, b.files);
}

/** Line that the part about TCP and UDP begins with; null when there is none. */
export function streamLine({ head, servers, tail, stream }: Generation): number | null {
  if (stream.length === 0) return null;
  return servers.reduce((sum, { lines }) => sum + lines, countLines(head) + countLines(tail)) + 2;
}

/** A line of the part, as a line of the whole. */
export function lineInWhole(part: Generation, whole: Generation, line: number): number {
  const at = serverAt(part, line);
  if (at === null) {
    const [first] = linesOf(part);
    return first === undefined || line < first.line ? line : line + lengthOf(whole) - lengthOf(part);
  }
  const start = linesOf(whole).find(({ server }) => server === at.server)?.line ?? 0;
  return start + line - at.line;
}

function lengthOf({ servers }: Generation): number {
  return servers.reduce((sum, { lines }) => sum + lines, 0);
}

export function countLines(text: Buffer | string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
