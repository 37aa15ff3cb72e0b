// `npm start`: installs what is missing, serves examples/ through a real nginx, with small demo backends behind it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureDependencies, ensureNginx, giveUp, node24, root } from './ensure.mjs';
import { startDemoBackends } from './demo-backends.mjs';

const extra = process.argv.slice(2);
const http = portOf('http-port', 8080);
const https = portOf('https-port', 8443);
const healthz = portOf('healthz-port', 10254);
const dashboard = textOf('dashboard-address', '127.0.0.1:10256');

ensureDependencies();
ensureNginx();
const backends = await startDemoBackends().catch((error) =>
  giveUp(`The demo backends cannot start: ${error.message}`),
);
const flags = [
  '--manifests',
  join(root, 'examples'),
  `--http-port=${http}`,
  `--https-port=${https}`,
  '--dashboard',
  '--enable-metrics',
  ...extra,
];
// In a process group of its own, so that a signal of the terminal comes once, through here.
const child = spawn(node24, [join(root, 'src', 'main.ts'), ...flags], { stdio: 'inherit', detached: true });
child.on('exit', (code) => {
  for (const backend of backends) backend.close();
  for (const backend of backends) backend.closeAllConnections();
  process.exitCode = code ?? 1;
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1']) process.on(signal, () => child.kill(signal));
await waitUntilReady();

function portOf(flag, standard) {
  return Number(textOf(flag, standard));
}

function textOf(flag, standard) {
  const index = extra.findIndex((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
  if (index === -1) return standard;
  return extra[index].split('=')[1] ?? extra[index + 1];
}

async function waitUntilReady() {
  while (child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(`http://127.0.0.1:${healthz}/healthz`).catch(() => null);
    if (answer?.ok) return explain();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Nothing to print when the user has switched it off. */
function statusPage() {
  if (extra.includes('--dashboard=false')) return 'off';
  return `http://${dashboard.replace(/^:/, 'localhost:')}/`;
}

function explain() {
  console.log(`
Tidegate serves the objects in examples/ on http://127.0.0.1:${http} and https://127.0.0.1:${https}. Try:

  curl -H 'Host: www.test.com' http://127.0.0.1:${http}/
  curl -H 'Host: wordpress.test.com' http://127.0.0.1:${http}/
  curl -H 'Host: anything.shop.test' http://127.0.0.1:${http}/
  curl -k --resolve shop.test:${https}:127.0.0.1 https://shop.test:${https}/cart

Status page: ${statusPage()}

Edit a file in examples/ and ask again: the change is served at once. Health: http://127.0.0.1:${healthz}/healthz
Stop with Ctrl-C.
`);
}
