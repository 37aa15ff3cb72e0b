/**
 * `npm run bench:stream -- [--seconds N] [--runs N]`: TCP services and TLS passthrough, against a stream configuration written by hand on
 * the same machine (docs/performance.md).
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { makePair } from '../src/testing/harness/certificates.ts';
import { configMap, endpoints, ingress, ingressClass, service } from '../src/testing/harness/objects.ts';
import { freePort } from '../src/testing/harness/ports.ts';
import { annotations } from '../src/testing/harness/sites.ts';
import { createStage } from '../src/testing/harness/stage.ts';
import type { Stage } from '../src/testing/harness/stage.ts';
import { atLeast, isFarOff, lineOf } from './figures.ts';
import type { Figure } from './figures.ts';
import { servingConfig } from './hand-written.ts';
import { runNginx } from './throughput.ts';

/** Whose name a load generator says in its handshakes that knows no other than that of the URL. */
const HOST = 'localhost';
const BYTES = 1_000_000;

interface Upstream {
  readonly plain: number;
  readonly tls: number;
}

type Kind = 'tcp' | 'passthrough';
type Side = Readonly<Record<Kind, number>>;

function upstreamConfig({ plain, tls }: Upstream, pem: string, folder: string): string {
  return servingConfig(`
  ssl_session_tickets off;
  server {
    listen 127.0.0.1:${plain} reuseport;
    listen 127.0.0.1:${tls} reuseport ssl;
    ssl_certificate ${pem};
    ssl_certificate_key ${pem};
    root ${folder};
    location = /small { return 200 x; }
  }`);
}

/** TLS connections of other hosts must be told who the client is, which is why there is a second server for those that are passed. */
function handWritten(side: Side, upstream: Upstream, folder: string): string {
  return `
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
worker_processes auto;
pid nginx.pid;
error_log stderr;
events { worker_connections 16384; multi_accept on; use epoll; }
stream {
  log_format main '[$remote_addr] [$time_local] $protocol $status $bytes_sent $bytes_received $session_time';
  access_log /dev/null main;
  upstream plain { server 127.0.0.1:${upstream.plain} max_fails=0; }
  upstream tls { server 127.0.0.1:${upstream.tls} max_fails=0; }
  map $ssl_preread_server_name $way { default unix:${folder}/others.sock; ${HOST} unix:${folder}/passed.sock; }
  server { listen ${side.tcp} reuseport backlog=4096; proxy_timeout 600s; proxy_pass plain; }
  server {
    listen ${side.passthrough} reuseport backlog=4096;
    ssl_preread on;
    access_log off;
    proxy_timeout 1d;
    proxy_protocol on;
    proxy_pass $way;
  }
  server { listen unix:${folder}/passed.sock proxy_protocol; proxy_timeout 1d; proxy_pass tls; }
}`;
}

async function startSides(stage: Stage): Promise<{ readonly ours: Side; readonly theirs: Side }> {
  const upstream = { plain: await freePort(), tls: await freePort() };
  const pair = await makePair(HOST);
  const pem = join(stage.folder, 'pair.pem');
  writeFileSync(pem, pair.certificate + pair.key);
  writeFileSync(join(stage.folder, 'large'), Buffer.alloc(BYTES));
  await runNginx(stage, 'upstream', upstreamConfig(upstream, pem, stage.folder));
  const theirs = { tcp: await freePort(), passthrough: await freePort() };
  await runNginx(stage, 'plain', handWritten(theirs, upstream, stage.folder));
  const tcp = await freePort();
  stage.write(
    'site.yaml',
    ingressClass(),
    configMap('tcp', { [tcp]: 'default/plain:80' }),
    service('plain'),
    ...endpoints('plain', [{ address: '127.0.0.1', port: upstream.plain }]),
    service('tls'),
    ...endpoints('tls', [{ address: '127.0.0.1', port: upstream.tls }]),
    ingress('passed', {
      annotations: annotations({ 'ssl-passthrough': 'true', 'backend-protocol': 'HTTPS' }),
      rules: { [HOST]: 'tls' },
    }),
  );
  const flags = ['--tcp-services-configmap=default/tcp', '--enable-ssl-passthrough'];
  const program = await stage.start({ stdout: '/dev/null', flags });
  return { ours: { tcp, passthrough: program.ports.https }, theirs };
}

interface Load {
  readonly kind: Kind;
  /** Connections a second, one small answer each; or megabytes a second of large answers over connections that stay. */
  readonly what: 'connections' | 'MB';
  readonly seconds: number;
}

async function load(side: Side, { kind, what, seconds }: Load): Promise<number> {
  const scheme = kind === 'tcp' ? 'http' : 'https';
  const path = what === 'MB' ? 'large' : 'small';
  const close = what === 'MB' ? [] : ['-H', 'Connection: close'];
  const words = ['-t2', '-c50', `-d${seconds}s`, ...close, `${scheme}://${HOST}:${side[kind]}/${path}`];
  const { stdout: output } = await execa('wrk', words);
  if (/Non-2xx/.test(output)) throw new Error(`requests failed:\n${output}`);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  return what === 'MB' ? (rate * BYTES) / 1e6 : rate;
}

async function measure(runs: number, seconds: number): Promise<readonly Figure[]> {
  const stage = createStage();
  try {
    const { ours, theirs } = await startSides(stage);
    const figures: Figure[] = [];
    for (const kind of ['tcp', 'passthrough'] as const)
      for (const what of ['connections', 'MB'] as const) {
        const best = { ours: 0, theirs: 0 };
        for (let run = 0; run < runs * 2; run++) {
          // Each side is first as often as the other.
          const side = (run + Math.floor(run / 2)) % 2 === 0 ? 'ours' : 'theirs';
          const rate = await load(side === 'ours' ? ours : theirs, { kind, what, seconds });
          best[side] = Math.max(best[side], rate);
        }
        figures.push({
          name: `${kind === 'tcp' ? 'TCP service' : 'TLS passthrough'}, ${what} a second, to the hand-written file`,
          value: best.ours / best.theirs,
          unit: 'x',
          bar: atLeast(0.95),
          reference: `${best.ours.toFixed(0)} to ${best.theirs.toFixed(0)}`,
        });
      }
    return figures;
  } finally {
    await stage.close();
  }
}

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, runs: { type: 'string', default: '3' } },
});
if (spawnSync('wrk', ['--version']).error === undefined) {
  console.log('\nTCP services and TLS passthrough, 50 connections');
  const figures = await measure(Number(values.runs), Number(values.seconds));
  for (const figure of figures) console.log(lineOf(figure));
  process.exitCode = figures.some((figure) => isFarOff(figure, 2)) ? 1 : 0;
} else console.log('not measured: wrk is missing; apt-get install wrk');
