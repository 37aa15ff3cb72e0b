#!/usr/bin/env node
// The kubectl plugin from its sources, on the Node that the project brings along.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureDependencies, node24, root } from './ensure.mjs';

const main = join(root, 'src', 'plugin', 'main.ts');

if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(main);
} else {
  ensureDependencies();
  const child = spawn(node24, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // Those of the terminal reach the plugin, too.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}
