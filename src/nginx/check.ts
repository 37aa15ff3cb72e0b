/** `nginx -t` on a candidate. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { changesSince, lineInWhole, partsOf } from './generation.ts';
import type { Generation } from './generation.ts';
import type { Helper } from './helper.ts';
import type { Layout } from './layout.ts';
import { writeParts } from './write-parts.ts';

export type CheckResult =
  | { readonly ok: true }
  /** What nginx said, and the line of the candidate that it named. */
  | { readonly ok: false; readonly message: string; readonly line: number | null };

export interface CheckOptions {
  readonly binary: string;
  readonly layout: Layout;
  readonly run: Helper['run'];
}

/** Milliseconds: far more than the largest file takes on the slowest machine. */
const TIMEOUT = 600_000;

/** Writes the candidate beside the live file and lets nginx test it. The candidate is removed in any case. */
export async function checkGeneration(generation: Generation, options: CheckOptions): Promise<CheckResult> {
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
  if (result.ok || result.line === null) return result;
  const line = lineInWhole(part, generation, result.line);
  return {
    ok: false,
    message: result.message.replaceAll(`nginx.conf:${result.line}`, `nginx.conf:${line}`),
    line,
  };
}

/**
 * nginx opens its logs by name, /dev/stdout and /dev/stderr in the end, which fails on the sockets that Node's pipes are. So
 * its messages go to a file.
 */
async function runCheck(file: string, { binary, layout, run }: CheckOptions): Promise<CheckResult> {
  const command = [binary, '-t', '-q', '-p', `${layout.dataDir}/`, '-e', 'stderr', '-c', file];
  const { code, output } = await run(command, {
    folder: layout.checkDir,
    output: `${file}.log`,
    timeout: TIMEOUT,
  });
  if (code === 0) return { ok: true };
  const silence =
    code === null ? 'nginx could not be run' : `nginx ended with exit code ${code} and without a word`;
  return describeFailure(output.trim() === '' ? silence : output, file);
}

export function describeFailure(output: string, file: string): CheckResult {
  const emergencies = output.split('\n').filter((line) => /\[(?:emerg|alert|crit)\]/.test(line));
  const message = (emergencies.length > 0 ? emergencies : output.split('\n'))
    .map((line) => line.replace(/^(?:nginx: |\d+\/\S+ \S+ )/, '').replace(/^(\[\w+\]) \d+#\d+: /, '$1 '))
    .join('; ')
    .replaceAll(file, 'nginx.conf');
  const line = /in nginx\.conf:(\d+)/.exec(message)?.[1];
  return { ok: false, message: message.slice(0, 2000), line: line === undefined ? null : Number(line) };
}
