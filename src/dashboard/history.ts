/**
 * The one record of the last generations of nginx.conf, for the status page and for /dbg: what became of them, and what they changed. Of
 * texts only what differs is kept, and not all of that.
 */
import { differenceOf } from '../lib/chunks.ts';
import type { Server, SideFile } from '../model/model.ts';
import { diffLines, hunksOf } from './diff.ts';
import type { DiffLine } from './diff.ts';
import { sameFiles } from '../lib/same-files.ts';
import { disclosed, snippetLines } from './disclosure.ts';
import type { Region } from './disclosure.ts';

/** A generation, as far as it matters here. */
export interface Texts {
  readonly checksum: string;
  readonly head: Buffer;
  readonly servers: readonly ServerText[];
  readonly tail: Buffer;
  readonly stream: Buffer;
  readonly files: readonly SideFile[];
}

interface ServerText {
  readonly server: Server;
  readonly text: Buffer;
  readonly digest: Buffer;
}

interface Part {
  readonly title: string;
  readonly region: Region;
  readonly before: string;
  readonly after: string;
  /** Lines that are never shown. */
  readonly secret: ReadonlySet<string>;
}

/** Lists of names are bounded; `counts` are not. */
export interface Changes {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** In what all servers share. */
  readonly frame: readonly string[];
  /** Those that nginx.conf names. */
  readonly files: 'same' | 'differ';
  readonly counts: { readonly added: number; readonly removed: number; readonly changed: number };
  readonly parts: readonly Part[];
}

export interface GenerationEntry {
  readonly number: number;
  readonly checksum: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly outcome: 'proven' | 'refused' | 'failed';
  /** Milliseconds. */
  readonly times: { readonly check: number; readonly proof: number } | null;
  /** What nginx has against it. */
  readonly words: readonly string[];
  /** How often in a row it was not taken. */
  readonly tries: number;
  /** Compared with what served then; null for the first. */
  readonly changes: Changes | null;
}

export interface Refused {
  readonly generation: Texts;
  readonly failures: readonly { readonly message: string }[];
  readonly cause: 'configuration' | 'environment';
}

export interface History {
  proven(proven: { readonly generation: Texts; readonly times: GenerationEntry['times'] }): void;
  refused(refused: Refused): void;
  /** No text could be made. */
  unrendered(message: string): void;
  /** The newest first. */
  list(): readonly GenerationEntry[];
  serving(): GenerationEntry | null;
  /** How many have been proven. */
  proofs(): number;
  /** Why what is wanted last does not serve; null when it does. */
  trouble(): string | null;
}

const KEPT = 20;
/** Of the text of one generation, before and after. */
const MOST_CHARACTERS = 200_000;
const MOST_PARTS = 200;
const MOST_NAMES = 1000;

/**
 * @param now milliseconds since the epoch.
 * @param texts `left out`: where nobody shows them, no text is kept, and changes are names.
 */
export function createHistory(now: () => number, texts: 'kept' | 'left out' = 'kept'): History {
  let entries: readonly GenerationEntry[] = [];
  let serving: { readonly entry: GenerationEntry; readonly texts: Texts } | null = null;
  let trouble: string | null = null;
  let next = 1;
  let proofs = 0;

  function add(
    generation: Texts,
    rest: Omit<GenerationEntry, 'number' | 'checksum' | 'at' | 'changes' | 'tries'>,
  ) {
    const [last] = entries;
    const isAgain = last !== undefined && last.checksum === generation.checksum && last.outcome !== 'proven';
    const entry: GenerationEntry = {
      ...rest,
      number: isAgain ? last.number : next++,
      checksum: generation.checksum,
      at: now(),
      tries: isAgain && rest.outcome !== 'proven' ? last.tries + 1 : 1,
      changes: isAgain ? last.changes : changesBetween(serving?.texts ?? null, generation, texts),
    };
    entries = [entry, ...entries.slice(isAgain ? 1 : 0)].slice(0, KEPT);
    return entry;
  }

  return {
    proven({ generation, times }) {
      const entry = add(generation, { outcome: 'proven', times, words: [] });
      serving = { entry, texts: generation };
      trouble = null;
      proofs++;
    },
    refused({ generation, failures, cause }) {
      const words = failures.slice(0, 10).map(({ message }) => message.slice(0, 2000));
      add(generation, { outcome: cause === 'environment' ? 'failed' : 'refused', times: null, words });
      trouble = words[0] ?? 'nginx refuses it';
    },
    unrendered(message) {
      trouble = message.slice(0, 2000);
    },
    list: () => entries,
    serving: () => serving?.entry ?? null,
    proofs: () => proofs,
    trouble: () => trouble,
  };
}

function changesBetween(base: Texts | null, next: Texts, texts: 'kept' | 'left out'): Changes | null {
  if (base === null) return null;
  const { removed, added } = differenceOf(base.servers, next.servers);
  const before = new Map(removed.map((fragment) => [fragment.server.host as string, fragment]));
  const after = new Map(added.map((fragment) => [fragment.server.host as string, fragment]));
  const names = {
    added: [...after.keys()].filter((host) => !before.has(host)),
    removed: [...before.keys()].filter((host) => !after.has(host)),
    changed: Array.from(after)
      .filter(([host, { digest }]) => before.get(host)?.digest.equals(digest) === false)
      .map(([host]) => host),
  };
  const frame = frameParts(base, next);
  const servers = () =>
    [...names.changed, ...names.added, ...names.removed].map((host) => ({
      title: `Server ${host}`,
      fragments: [before.get(host), after.get(host)] as const,
    }));
  const some = (list: readonly string[]) => list.slice(0, MOST_NAMES);
  return {
    added: some(names.added),
    removed: some(names.removed),
    changed: some(names.changed),
    frame: frame.map(({ title }) => title),
    files: sameFiles(base.files, next.files) ? 'same' : 'differ',
    counts: {
      added: names.added.length,
      removed: names.removed.length,
      changed: names.changed.length,
    },
    parts: texts === 'kept' ? withinBounds(frame, servers()) : [],
  };
}

function frameParts(base: Texts, next: Texts): readonly Part[] {
  const pairs = [
    ['Settings of nginx and http', base.head, next.head],
    ['Servers of the controller itself', base.tail, next.tail],
    ['TCP and UDP', base.stream, next.stream],
  ] as const;
  return pairs.flatMap(([title, old, fresh]) => {
    if (old.equals(fresh)) return [];
    // What workers answer with is another one each time.
    const [before, after] = [
      old.toString().replaceAll(base.checksum, 'CHECKSUM'),
      fresh.toString().replaceAll(next.checksum, 'CHECKSUM'),
    ];
    return before === after
      ? []
      : [{ title, region: 'frame' as const, before, after, secret: new Set<string>() }];
  });
}

interface Candidate {
  readonly title: string;
  readonly fragments: readonly (ServerText | undefined)[];
}

function withinBounds(frame: readonly Part[], servers: readonly Candidate[]): readonly Part[] {
  const parts: Part[] = [];
  let left = MOST_CHARACTERS;
  for (const part of frame) {
    left -= part.before.length + part.after.length;
    if (left >= 0) parts.push(part);
  }
  for (const { title, fragments } of servers) {
    left -= fragments.reduce((sum, fragment) => sum + (fragment?.text.length ?? 0), 0);
    if (left < 0 || parts.length >= MOST_PARTS) break;
    const [before = '', after = ''] = fragments.map((fragment) => fragment?.text.toString() ?? '');
    const secret = new Set(
      fragments.flatMap((one) => (one === undefined ? [] : [...snippetLines(one.server)])),
    );
    parts.push({ title, region: 'server', before, after, secret });
  }
  return parts;
}

export interface ShownPart {
  readonly title: string;
  /** Null: lines that are left out. */
  readonly lines: readonly (DiffLine | null)[];
}

export interface ShownDiff {
  readonly parts: readonly ShownPart[];
  readonly isComplete: boolean;
}

const MOST_LINES = 500;

/** Without what may be secret. */
export function diffOf({ parts, counts: { added, removed, changed }, frame }: Changes): ShownDiff {
  const shown: ShownPart[] = [];
  let left = MOST_LINES;
  for (const { title, region, before, after, secret } of parts) {
    if (left <= 0) break;
    const lines = hunksOf(diffLines(before, after))
      .slice(0, left)
      .map((one) => (one === null ? null : { ...one, line: disclosed(one.line, region, secret) }));
    left -= lines.length;
    shown.push({ title, lines });
  }
  const all = added + removed + changed + frame.length;
  return { parts: shown, isComplete: left > 0 && parts.length === all };
}
