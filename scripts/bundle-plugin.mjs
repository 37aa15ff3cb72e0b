// `npm run plugin`: the kubectl plugin as one file, which runs wherever Node 24 is, under the name by which kubectl finds it.
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './ensure.mjs';

const folder = join(root, 'dist', 'plugin');
const outfile = join(folder, 'kubectl-ingress_nginx');
mkdirSync(folder, { recursive: true });
await build({
  entryPoints: [join(root, 'src/plugin/main.ts')],
  outfile,
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  banner: {
    // Some packages are CommonJS and call require for modules of Node itself.
    js: "#!/usr/bin/env node\nimport { createRequire as tidegateRequire } from 'node:module'; const require = tidegateRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
chmodSync(outfile, 0o755);
copyFileSync(
  join(root, 'scripts', 'kubectl_complete-ingress_nginx'),
  join(folder, 'kubectl_complete-ingress_nginx'),
);
console.log(outfile);
