/** Requests per second through the controller's nginx, against a file written by hand that does the same. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { createStage } from '../src/testing/harness/stage.ts';
import type { Stage } from '../src/testing/harness/stage.ts';
import { makePair } from '../src/testing/harness/certificates.ts';
import { endpoints, ingress, ingressClass, service, tlsSecret } from '../src/testing/harness/objects.ts';
import { freePort } from '../src/testing/harness/ports.ts';
import { atLeast } from './figures.ts';
import type { Figure } from './figures.ts';
import { handWritten, upstreamConfig } from './hand-written.ts';

export interface ThroughputOptions {
  /** Seconds of each run. */
  readonly seconds: number;
  /** Runs of each side, by turns. */
  readonly runs: number;
}

/** Not the same for both: a host with a certificate redirects to it. */
const HOSTS = { http: 'bench.example.com', https: 'secure.example.com' } as const;
const CONNECTIONS = [50, 500];

type Scheme = keyof typeof HOSTS;

/** Runs nginx with a text of its own until the stage closes. */
export async function runNginx(stage: Stage, name: string, config: string): Promise<void> {
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
    const sides = await startSides(stage);
    const figures: Figure[] = [];
    for (const scheme of ['http', 'https'] as const) {
      for (const connections of CONNECTIONS) {
        figures.push(
          ...compare(await measurePairs(sides, { scheme, connections, ...options }), { scheme, connections }),
        );
      }
    }
    return figures;
  } finally {
    await stage.close();
  }
}

interface Sides {
  readonly ours: Readonly<Record<Scheme, number>>;
  readonly theirs: Readonly<Record<Scheme, number>>;
}

/** The ports of both. */
async function startSides(stage: Stage): Promise<Sides> {
  const upstream = await freePort();
  const theirs = { http: await freePort(), https: await freePort() };
  const pair = await makePair(HOSTS.https);
  const pem = join(stage.folder, 'pair.pem');
  writeFileSync(pem, pair.certificate + pair.key);
  await runNginx(stage, 'upstream', upstreamConfig(upstream));
  const host = Object.values(HOSTS).join(' ');
  await runNginx(stage, 'plain', handWritten({ host, ports: theirs, upstream, pem }));
  stage.write(
    'site.yaml',
    ingressClass(),
    service('web'),
    ...endpoints('web', [{ address: '127.0.0.1', port: upstream }]),
    tlsSecret('pair', pair),
    ingress('web', { rules: { [HOSTS.http]: 'web' } }),
    ingress('secure', {
      rules: { [HOSTS.https]: 'web' },
      tls: [{ hosts: [HOSTS.https], secretName: 'pair' }],
    }),
  );
  // wrk says no name in the handshake but the one in the URL, which is an address.
  const flags = ['--default-ssl-certificate=default/pair'];
  const program = await stage.start({ stdout: '/dev/null', flags });
  return { ours: program.ports, theirs };
}

interface Kind {
  readonly scheme: Scheme;
  readonly connections: number;
}

type Pair = Readonly<Record<keyof Sides, Load>>;

/** By turns, each side first as often as the other. */
async function measurePairs(sides: Sides, kind: Kind & ThroughputOptions): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  for (let run = 0; run < kind.runs; run++) {
    const early = run % 2 === 0 ? await load(sides.ours, kind) : null;
    const theirs = await load(sides.theirs, kind);
    pairs.push({ ours: early ?? (await load(sides.ours, kind)), theirs });
  }
  return pairs;
}

function compare(pairs: readonly Pair[], { scheme, connections }: Kind): readonly Figure[] {
  const best = (side: keyof Sides) => Math.max(...pairs.map((pair) => pair[side].rate));
  const least = (side: keyof Sides) => Math.min(...pairs.map((pair) => pair[side].p99));
  const what = `${scheme.toUpperCase()}, ${connections} connections`;
  return [
    {
      name: `requests a second, ${what}, to the hand-written file`,
      value: best('ours') / best('theirs'),
      unit: 'x',
      bar: atLeast(0.95),
      reference: `${best('ours').toFixed(0)} to ${best('theirs').toFixed(0)}`,
    },
    {
      name: `p99 latency, ${what}`,
      value: least('ours'),
      unit: 'ms',
      reference: `hand-written ${least('theirs').toFixed(1)} ms, ${(least('theirs') / least('ours')).toFixed(2)} x`,
    },
  ];
}

interface Load {
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p99: number;
}

/** Not in one call that waits: somebody must read the access log meanwhile, or nginx waits for that. */
async function load(ports: Sides['ours'], kind: Kind & ThroughputOptions): Promise<Load> {
  const { scheme, connections, seconds } = kind;
  const target = ['-H', `Host: ${HOSTS[scheme]}`, `${scheme}://127.0.0.1:${ports[scheme]}/`];
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
