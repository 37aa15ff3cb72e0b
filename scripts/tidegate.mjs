#!/usr/bin/env node
// The program from its sources, on the Node that the project brings along.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureDependencies, node24, root } from './ensure.mjs';

const main = join(root, 'src', 'main.ts');

if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(main);
} else {
  ensureDependencies();
  // In a process group of its own, so that a signal of the terminal comes once, through here.
  const child = spawn(node24, [main, ...process.argv.slice(2)], { stdio: 'inherit', detached: true });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}
