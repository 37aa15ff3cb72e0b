/** `nginx -t` on a candidate. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Generation } from './files.ts';
import type { Layout } from './layout.ts';

export type CheckResult =
  | { readonly ok: true }
  /** What nginx said, and the line of the candidate that it named. */
  | { readonly ok: false; readonly message: string; readonly line: number | null };

export interface CheckOptions {
  readonly binary: string;
  readonly layout: Layout;
  readonly signal?: AbortSignal;
}

/** Writes the candidate beside the live file and lets nginx test it. The candidate is removed in any case. */
export async function checkGeneration(generation: Generation, options: CheckOptions): Promise<CheckResult> {
  const { checkDir, dataDir } = options.layout;
  const file = join(checkDir, `nginx-cfg-${generation.checksum}.conf`);
  await mkdir(checkDir, { recursive: true });
  try {
    await writeFile(file, generation.config, { mode: 0o600 });
    const result = await execa(
      options.binary,
      ['-t', '-q', '-p', `${dataDir}/`, '-e', 'stderr', '-c', file],
      {
        reject: false,
        // nginx opens its access log, /dev/stdout, by name, which fails on the socket that a pipe of Node is.
        stdout: 'ignore',
        stdin: 'ignore',
        ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
      },
    );
    if (result.exitCode === 0) return { ok: true };
    const output =
      result.stderr === '' ? String(result.originalMessage ?? result.shortMessage) : result.stderr;
    return describeFailure(output, file);
  } finally {
    await rm(file, { force: true });
  }
}

function describeFailure(output: string, file: string): CheckResult {
  const emergencies = output.split('\n').filter((line) => /\[(?:emerg|alert|crit)\]/.test(line));
  const message = (emergencies.length > 0 ? emergencies : output.split('\n'))
    .map((line) => line.replace(/^\S+ \S+ /, '').replace(/^(\[\w+\]) \d+#\d+: /, '$1 '))
    .join('; ')
    .replaceAll(file, 'nginx.conf');
  const line = /in nginx\.conf:(\d+)/.exec(message)?.[1];
  return { ok: false, message: message.slice(0, 2000), line: line === undefined ? null : Number(line) };
}
