// Bundles the programs of the image into dist/, or the folder that is named: one file each, plus shared parts that are loaded when
// they are needed.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './ensure.mjs';

const outdir = process.argv[2] ?? join(root, 'dist');
rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: {
    // The name is part of the command line, by which scripts find the controller.
    'nginx-ingress-controller': join(root, 'src/main.ts'),
    certgen: join(root, 'src/cli/certgen-main.ts'),
    dbg: join(root, 'src/cli/dbg-main.ts'),
    // A thread of the controller, which looks for it beside itself.
    'endpoint-thread': join(root, 'src/nginx/endpoint-thread.ts'),
    'wait-shutdown': join(root, 'src/cli/wait-shutdown-main.ts'),
  },
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  // Without short names: keeping those of functions then costs a call for each function that is made.
  minifyWhitespace: true,
  minifySyntax: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Some packages are CommonJS and call require for modules of Node itself.
  banner: {
    js: "import { createRequire as tidegateRequire } from 'node:module'; const require = tidegateRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
