/** Small programs and libraries in C, made once for each version of their source. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** The program of image/confine.c. */
export function confineProgram(): string {
  return compiled(join(root, 'image', 'confine.c'), []);
}

/** A library for LD_PRELOAD that moves the clock: see src/testing/harness/clock.ts. */
export function clockLibrary(): string {
  return compiled(join(root, 'src', 'testing', 'harness', 'clock.c'), ['-shared', '-fPIC']);
}

function compiled(source: string, options: readonly string[]): string {
  const digest = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const folder = join(root, 'node_modules', '.cache', 'tidegate');
  const program = join(folder, `${basename(source, '.c')}-${digest}`);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  // Several processes may make it at once.
  const made = `${program}.${process.pid}`;
  execFileSync('gcc', ['-Os', '-Wall', '-Werror', ...options, '-o', made, source], { stdio: 'inherit' });
  renameSync(made, program);
  return program;
}
