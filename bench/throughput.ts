/** Requests per second through the controller's nginx, against a file written by hand that does the same. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { createStage } from '../src/testing/harness/stage.ts';
import type { Stage } from '../src/testing/harness/stage.ts';
import { endpoints, ingress, ingressClass, service } from '../src/testing/harness/objects.ts';
import { freePort } from '../src/testing/harness/ports.ts';
import { atLeast } from './figures.ts';
import type { Figure } from './figures.ts';

export interface ThroughputOptions {
  /** Seconds of each run. */
  readonly seconds: number;
  /** Runs of each side, by turns. */
  readonly runs: number;
}

const HOST = 'bench.example.com';
const CONNECTIONS = [50, 500];

/** What a careful admin would write for one site: forwarded headers, access log, upstream keepalive. */
function handWritten(port: number, upstream: number): string {
  return `
worker_processes auto;
pid nginx.pid;
error_log stderr;
events { worker_connections 16384; multi_accept on; use epoll; }
http {
  log_format main '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time $upstream_addr $upstream_response_time $request_id';
  access_log /dev/null main;
  keepalive_requests 1000;
  map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
  upstream web { server 127.0.0.1:${upstream}; keepalive 320; keepalive_requests 10000; }
  proxy_http_version 1.1;
  proxy_buffering off;
  proxy_set_header Host $http_host;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  proxy_set_header X-Request-ID $request_id;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Host $http_host;
  proxy_set_header X-Forwarded-Port $server_port;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Scheme $scheme;
  proxy_set_header X-Scheme $scheme;
  proxy_set_header X-Original-Forwarded-For $http_x_forwarded_for;
  server {
    listen ${port} reuseport backlog=4096;
    server_name ${HOST};
    location / { proxy_pass http://web; }
  }
}`;
}

function upstreamConfig(port: number): string {
  return `
worker_processes auto;
pid nginx.pid;
error_log stderr;
events { worker_connections 16384; }
http {
  access_log off;
  keepalive_requests 100000;
  server { listen 127.0.0.1:${port} reuseport; location / { return 200 "${'x'.repeat(1024)}"; } }
}`;
}

/** Runs nginx with a text of its own until the stage closes. */
async function runNginx(stage: Stage, name: string, config: string): Promise<void> {
  const folder = join(stage.folder, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'nginx.conf'), config);
  const words = ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'];
  // In a session of its own, as the program is: the kernel shares time among sessions first.
  const child = spawn('nginx', words, { stdio: 'ignore', detached: true });
  stage.defer(async () => {
    const exit = once(child, 'exit');
    child.kill('SIGQUIT');
    await exit;
  });
  await setTimeout(500);
}

/** Null when there is no wrk (https://github.com/wg/wrk) on this machine. */
export async function measureThroughput(options: ThroughputOptions): Promise<readonly Figure[] | null> {
  if (spawnSync('wrk', ['--version']).error !== undefined) return null;
  const stage = createStage();
  try {
    const [upstream, plain] = [await freePort(), await freePort()];
    await runNginx(stage, 'upstream', upstreamConfig(upstream));
    await runNginx(stage, 'plain', handWritten(plain, upstream));
    stage.write(
      'site.yaml',
      ingressClass(),
      service('web'),
      ...endpoints('web', [{ address: '127.0.0.1', port: upstream }]),
      ingress('web', { rules: { [HOST]: 'web' } }),
    );
    const program = await stage.start({ stdout: '/dev/null' });
    const figures: Figure[] = [];
    for (const connections of CONNECTIONS) {
      const pairs: Readonly<Record<'ours' | 'theirs', Load>>[] = [];
      for (let run = 0; run < options.runs; run++) {
        pairs.push({
          ours: await load(program.ports.http, connections, options.seconds),
          theirs: await load(plain, connections, options.seconds),
        });
      }
      const best = (side: 'ours' | 'theirs') => Math.max(...pairs.map((pair) => pair[side].rate));
      const least = (side: 'ours' | 'theirs') => Math.min(...pairs.map((pair) => pair[side].p99));
      figures.push({
        name: `requests a second, ${connections} connections, to the hand-written file`,
        value: best('ours') / best('theirs'),
        unit: 'x',
        bar: atLeast(0.95),
        reference: `${best('ours').toFixed(0)} to ${best('theirs').toFixed(0)}; p99 ${least('ours').toFixed(1)} to ${least('theirs').toFixed(1)} ms`,
      });
    }
    return figures;
  } finally {
    await stage.close();
  }
}

interface Load {
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p99: number;
}

/** Not in one call that waits: somebody must read the access log meanwhile, or nginx waits for that. */
async function load(port: number, connections: number, seconds: number): Promise<Load> {
  const target = ['-H', `Host: ${HOST}`, `http://127.0.0.1:${port}/`];
  const words = ['-t2', `-c${connections}`, `-d${seconds}s`, '--latency', ...target];
  const { stdout: output } = await execa('wrk', words);
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(`requests failed:\n${output}`);
  const [, time = '0', unit = 'ms'] = /99%\s+([\d.]+)(us|ms|s)/.exec(output) ?? [];
  const factors: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]),
    p99: Number(time) * (factors[unit] ?? 1),
  };
}
