/** What features cost a request: hosts with one of them, against a host without any on the same nginx. */
import { spawnSync } from 'node:child_process';
import { execa } from 'execa';
import { cpuSeconds, workersOf } from '../src/testing/harness/processes.ts';
import type { Program } from '../src/testing/harness/program.ts';
import { createStage } from '../src/testing/harness/stage.ts';
import type { Stage } from '../src/testing/harness/stage.ts';
import { endpoints, ingressClass, service } from '../src/testing/harness/objects.ts';
import { freePort } from '../src/testing/harness/ports.ts';
import { site } from '../src/testing/harness/sites.ts';
import { atLeast, atMost, percentile } from './figures.ts';
import type { Figure } from './figures.ts';
import { upstreamConfig } from './hand-written.ts';
import { runNginx } from './throughput.ts';
import type { ThroughputOptions } from './throughput.ts';

/** Annotations by host. Limits are so far away that they refuse nothing. */
const FAMILIES = {
  plain: {},
  cors: { 'enable-cors': 'true' },
  limits: { 'limit-rps': '100000', 'limit-connections': '10000' },
  'rate-limits': { 'rate-limits': 'key=$remote_addr rate=100000r/s burst=100000' },
  telemetry: { 'enable-opentelemetry': 'true' },
} as const;

/** Null when there is no wrk on this machine. */
export async function measureFamilies(options: ThroughputOptions): Promise<readonly Figure[] | null> {
  if (spawnSync('wrk', ['--version']).error !== undefined) return null;
  const stage = createStage();
  try {
    const ports = await start(stage);
    return [...(await throughput(ports, options)), await authentication(ports, options)];
  } finally {
    await stage.close();
  }
}

interface Ports {
  readonly program: Program;
  /** With the same hosts, whose requests are counted. */
  readonly counting: Program;
  /** Of the authentication service itself. */
  readonly auth: number;
}

async function start(stage: Stage): Promise<Ports> {
  const upstream = await freePort();
  await runNginx(stage, 'upstream', upstreamConfig(upstream));
  const places = [{ address: '127.0.0.1', port: upstream }];
  const hosts = Object.entries(FAMILIES).flatMap(([name, annotations]) =>
    site(name, { places, with: annotations }),
  );
  const url = `http://127.0.0.1:${upstream}/`;
  const metadata = { name: 'settings', namespace: 'default' };
  const settings = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data: { 'otlp-collector-host': '127.0.0.1', 'otel-sampler': 'AlwaysOff' },
  };
  stage.write(
    'site.yaml',
    ingressClass(),
    service('web'),
    ...endpoints('web', places),
    ...hosts,
    ...site('auth', { places, with: { 'auth-url': url } }),
    ...site('kept', { places, with: { 'auth-url': url, 'auth-keepalive': 32 } }),
    settings,
  );
  const flags = ['--configmap=default/settings'];
  const program = await stage.start({ stdout: '/dev/null', flags });
  const counting = await stage.start({ stdout: '/dev/null', flags: [...flags, '--enable-metrics'] });
  return { program, counting, auth: upstream };
}

/**
 * Requests a second, and what nginx takes for one: rates of two hosts differ by a few hundredths from run to run, since client, backend
 * and nginx share the machine.
 */
async function throughput(
  { program, counting }: Ports,
  { runs, seconds }: ThroughputOptions,
): Promise<readonly Figure[]> {
  const names = [...Object.keys(FAMILIES), 'metrics'];
  const rates = new Map<string, number[]>(names.map((name) => [name, []]));
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let run = 0; run < runs; run++)
    for (const name of run % 2 === 0 ? names : names.toReversed()) {
      const [asked, host] = name === 'metrics' ? [counting, 'plain.test'] : [program, `${name}.test`];
      const before = cpuOf(asked);
      const { rate, count } = await load({ port: asked.ports.http, host, seconds, connections: 50 });
      times.get(name)?.push(((cpuOf(asked) - before) / count) * 1e6);
      rates.get(name)?.push(rate);
    }
  const best = (name: string) => Math.max(...(rates.get(name) ?? []));
  const middle = (name: string) => percentile(times.get(name) ?? [], 0.5);
  return names.slice(1).flatMap((name) => [
    {
      name: `requests a second with ${name}, to those without`,
      value: best(name) / best('plain'),
      unit: 'x',
      bar: atLeast(0.97),
      reference: `${best(name).toFixed(0)} to ${best('plain').toFixed(0)}`,
    },
    {
      name: `CPU of nginx for a request with ${name}, to one without`,
      value: middle(name) / middle('plain'),
      unit: 'x',
      reference: `${middle(name).toFixed(2)} to ${middle('plain').toFixed(2)} µs`,
    },
  ]);
}

/** Seconds of CPU that the workers have used. */
function cpuOf(program: Program): number {
  return workersOf(program.master()).reduce((sum, pid) => sum + cpuSeconds(pid), 0);
}

/** One request at a time: at the median, what asking costs beyond the service's own time. */
async function authentication(
  { program, auth }: Ports,
  { runs, seconds }: ThroughputOptions,
): Promise<Figure> {
  const port = program.ports.http;
  const seen = { auth: [] as number[], kept: [] as number[], plain: [] as number[], own: [] as number[] };
  for (let run = 0; run < runs; run++) {
    for (const name of ['auth', 'kept', 'plain'] as const)
      seen[name].push((await load({ port, host: `${name}.test`, seconds, connections: 1 })).median);
    seen.own.push((await load({ port: auth, host: 'auth', seconds, connections: 1 })).median);
  }
  const middle = (name: keyof typeof seen) => percentile(seen[name], 0.5);
  const shown = (['auth', 'kept', 'plain', 'own'] as const).map(
    (name) => `${name} ${middle(name).toFixed(3)}`,
  );
  return {
    name: 'external authentication, median, beyond its own time',
    value: middle('auth') - middle('plain') - middle('own'),
    unit: 'ms',
    bar: atMost(0.15),
    reference: shown.join(', '),
  };
}

interface Target {
  readonly port: number;
  readonly host: string;
  readonly seconds: number;
  readonly connections: number;
}

/** Requests a second, their number, and milliseconds at the median. */
interface Loaded {
  readonly rate: number;
  readonly count: number;
  readonly median: number;
}

async function load({ port, host, seconds, connections }: Target): Promise<Loaded> {
  const threads = Math.min(2, connections);
  const words = [`-t${threads}`, `-c${connections}`, `-d${seconds}s`, '--latency', '-H', `Host: ${host}`];
  const { stdout: output } = await execa('wrk', [...words, `http://127.0.0.1:${port}/`]);
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(`requests to ${host} failed:\n${output}`);
  const [, time = '0', unit = 'ms'] = /50%\s+([\d.]+)(us|ms|s)/.exec(output) ?? [];
  const factors: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };
  return {
    count: Number(/(\d+) requests in/.exec(output)?.[1]),
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]),
    median: Number(time) * (factors[unit] ?? 1),
  };
}
