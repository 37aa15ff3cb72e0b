/** `nginx -t` on a candidate. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { changesSince, lineInWhole, partsOf, serverAt } from './generation.ts';
import type { Generation } from './generation.ts';
import type { Helper } from './helper.ts';
import type { Layout } from './layout.ts';
import { writeParts } from './write-parts.ts';

/** What nginx said, and the line of the candidate that it named. */
export interface Failure {
  readonly message: string;
  readonly line: number | null;
}

export type CheckResult =
  | { readonly ok: true }
  /** Of several servers, if there are several that nginx refuses; in the order of the file. */
  | { readonly ok: false; readonly failures: readonly [Failure, ...Failure[]] };

export interface CheckOptions {
  /** What starts nginx, without its parameters. */
  readonly command: readonly string[];
  readonly layout: Layout;
  readonly run: Helper['run'];
  /** Milliseconds of one run; default: ten minutes. */
  readonly timeout?: number;
}

/** Of one configuration; the rest is found in the next one. */
const MOST_FAILURES = 200;
/** Milliseconds to look for more failures than the first. */
const LONGEST_SEARCH = 10_000;

/** Milliseconds of one run: rules of ModSecurity, which each location reads anew, take minutes in a large cluster on a slow machine. */
const TIMEOUT = 600_000;
/** Milliseconds of a whole check: the first run, the search for more, and the run that it ends with. */
export const LONGEST_CHECK = 2 * TIMEOUT + LONGEST_SEARCH;
/** Milliseconds in which a master has read any file, however slow its machine. */
export const LONGEST_READ = TIMEOUT;

/** Writes the candidate beside the live file and lets nginx test it. The candidate is removed in any case. */
export async function checkGeneration(generation: Generation, options: CheckOptions): Promise<CheckResult> {
  const first = await firstFailure(generation, options);
  return first === null
    ? { ok: true }
    : { ok: false, failures: [first, ...(await others(first, generation, options))] };
}

/** nginx stops at the first line that it does not like, so that what comes behind is shown to it without what stands before. */
async function others(first: Failure, generation: Generation, options: CheckOptions): Promise<Failure[]> {
  const found: Failure[] = [];
  const started = performance.now();
  let [failure, part]: [Failure | null, Generation] = [first, generation];
  while (failure !== null && found.length < MOST_FAILURES && performance.now() - started < LONGEST_SEARCH) {
    const rest = behind(part, failure);
    if (rest === null) break;
    failure = await firstFailure(rest, options);
    part = rest;
    if (failure !== null) found.push(inWhole(failure, rest, generation));
  }
  return found;
}

/** The servers behind the one that a failure is in; null when there is none of either. */
function behind(part: Generation, { line }: Failure): Generation | null {
  const at = line === null ? null : serverAt(part, line);
  if (at === null || at.server.name.kind === 'catch-all') return null;
  const index = part.servers.findIndex(({ server }) => server === at.server);
  const servers = part.servers.slice(index + 1);
  if (servers.length === 0) return null;
  // nginx takes TLS settings for all from the default server.
  const standard = part.servers.slice(0, index).filter(({ server }) => server.name.kind === 'catch-all');
  return { ...part, servers: [...standard, ...servers] };
}

function inWhole(failure: Failure, part: Generation, whole: Generation): Failure {
  if (failure.line === null) return failure;
  const line = lineInWhole(part, whole, failure.line);
  return { message: failure.message.replaceAll(`nginx.conf:${failure.line}`, `nginx.conf:${line}`), line };
}

async function firstFailure(generation: Generation, options: CheckOptions): Promise<Failure | null> {
  const { checkDir } = options.layout;
  // Two checks of equal text may run at once.
  const file = join(checkDir, `nginx-cfg-${randomUUID()}.conf`);
  await mkdir(checkDir, { recursive: true });
  try {
    await writeParts(file, partsOf(generation));
    return await runCheck(file, options);
  } finally {
    await rm(file, { force: true });
  }
}

/**
 * As much as nginx has not said yet: `base` serves, so what is equal there is known to be good (docs/decisions/0008).
 * @param base null when nothing serves yet.
 */
export async function checkChanges(
  generation: Generation,
  base: Generation | null,
  options: CheckOptions,
): Promise<CheckResult> {
  const part = base === null ? null : changesSince(base, generation);
  if (part === null) return checkGeneration(generation, options);
  const result = await checkGeneration(part, options);
  if (result.ok) return result;
  const [first, ...more] = result.failures;
  const translate = (failure: Failure) => inWhole(failure, part, generation);
  return { ok: false, failures: [translate(first), ...more.map(translate)] };
}

/**
 * nginx opens its logs by name, /dev/stdout and /dev/stderr in the end, which fails on the sockets that Node's pipes are. So
 * its messages go to a file.
 */
async function runCheck(
  file: string,
  { command, layout, run, timeout = TIMEOUT }: CheckOptions,
): Promise<Failure | null> {
  const words = [...command, '-t', '-q', '-p', `${layout.dataDir}/`, '-e', 'stderr', '-c', file];
  const started = performance.now();
  const { code, output } = await run(words, {
    folder: layout.checkDir,
    output: `${file}.log`,
    timeout,
  });
  if (code === 0) return null;
  const isLate = performance.now() - started >= timeout;
  return isLate || output.trim() === ''
    ? { message: silenceOf(code, isLate ? timeout : null), line: null }
    : describeFailure(output, file);
}

function silenceOf(code: number | null, timeout: number | null): string {
  if (timeout !== null)
    return `nginx -t did not end within ${timeout / 1000} seconds and was killed; see whether a disk that it reads or writes does not answer`;
  return code === null ? 'nginx could not be run' : `nginx ended with exit code ${code} and without a word`;
}

export function describeFailure(output: string, file: string): Failure {
  const emergencies = output.split('\n').filter((line) => /\[(?:emerg|alert|crit)\]/.test(line));
  const message = (emergencies.length > 0 ? emergencies : output.split('\n'))
    .map((line) => line.replace(/^(?:nginx: |\d+\/\S+ \S+ )/, '').replace(/^(\[\w+\]) \d+#\d+: /, '$1 '))
    .join('; ')
    .replaceAll(file, 'nginx.conf');
  const line = /in nginx\.conf:(\d+)/.exec(message)?.[1];
  return { message: message.slice(0, 2000), line: line === undefined ? null : Number(line) };
}
