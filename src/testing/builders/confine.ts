/** The program of image/confine.c, made once for each of its versions. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

export function confineProgram(): string {
  const source = join(root, 'image', 'confine.c');
  const digest = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const folder = join(root, 'node_modules', '.cache', 'tidegate');
  const program = join(folder, `confine-${digest}`);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  // Several processes may make it at once.
  const made = `${program}.${process.pid}`;
  execFileSync('gcc', ['-Os', '-Wall', '-Werror', '-o', made, source], { stdio: 'inherit' });
  renameSync(made, program);
  return program;
}
