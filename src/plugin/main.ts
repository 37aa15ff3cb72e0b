import { runPlugin } from './program.ts';

// Whoever read what is written may have gone, as in `kubectl ingress-nginx conf | head`.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
process.exitCode = await runPlugin(process.argv.slice(2), {
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
