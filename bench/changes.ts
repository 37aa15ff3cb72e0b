/** How long changes take until they serve. */
import { availableParallelism } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { makePair } from '../src/testing/harness/certificates.ts';
import { workersOf } from '../src/testing/harness/processes.ts';
import { tlsSecret } from '../src/testing/harness/objects.ts';
import type { Ingress } from '../src/source/objects.ts';
import { annotated, makeIngress, plain } from './cluster.ts';
import { atMost, percentile } from './figures.ts';
import type { Figure } from './figures.ts';
import type { Lab } from './lab.ts';

export interface ChangeOptions {
  readonly count: number;
  readonly rounds: number;
  /** Milliseconds of `nginx -t`. */
  readonly check: number;
  readonly number: (limit: number) => number;
}

/** More than one reload a second would be held back. */
const BETWEEN_RELOADS = 1500;
/** Fresh connections that must all lead to the new state; two workers share them at random. */
const IN_A_ROW = 16;

interface Reloading {
  readonly name: string;
  readonly change: (n: number) => void;
  readonly host: (n: number) => string;
  readonly path: (n: number) => string;
  readonly status: number;
}

export async function measureReloads(lab: Lab, options: ChangeOptions): Promise<readonly Figure[]> {
  const { count, check, rounds, number } = options;
  const first = number(count);
  const at = (n: number) => (first + n * 7) % count;
  const hostOf = (index: number) => `site-${index}.example.com`;
  const kinds: readonly Reloading[] = [
    {
      name: 'one new Ingress that needs a reload',
      change: (n) => lab.api.create(annotated(plain(makeIngress(1_000_000 + n)), 'app-root', '/app')),
      host: (n) => hostOf(1_000_000 + n),
      path: () => '/',
      status: 302,
    },
    {
      name: 'one changed path',
      change: (n) => lab.api.update(plain(makeIngress(at(n), n + 2))),
      host: (n) => hostOf(at(n)),
      path: (n) => `/version-${n + 2}`,
      status: 200,
    },
    {
      name: 'one changed annotation',
      change: (n) =>
        lab.api.update(annotated(plain(makeIngress(1_000_000 + n)), 'permanent-redirect', 'https://x.test')),
      host: (n) => hostOf(1_000_000 + n),
      path: () => '/',
      status: 301,
    },
    {
      name: 'one deleted Ingress',
      change: (n) => lab.api.delete('Ingress', `team-${(1_000_000 + n) % 50}/site-${1_000_000 + n}`),
      host: (n) => hostOf(1_000_000 + n),
      path: () => '/',
      status: 404,
    },
  ];
  const figures: Figure[] = [];
  for (const kind of kinds) figures.push(...(await measureKind(lab, kind, { rounds, check })));
  return figures;
}

async function measureKind(
  { program }: Lab,
  kind: Reloading,
  { rounds, check }: Pick<ChangeOptions, 'rounds' | 'check'>,
): Promise<readonly Figure[]> {
  const times: number[] = [];
  const shares: number[] = [];
  for (let n = 0; n < rounds; n++) {
    await setTimeout(BETWEEN_RELOADS);
    await ended(program);
    const from = program.logLines().length;
    const started = performance.now();
    kind.change(n);
    // Seldom, so that asking takes nothing of two cores that the reload could use.
    const asked = async () => (await program.http(kind.host(n), kind.path(n))).status === kind.status;
    await until(asked, 25);
    times.push(performance.now() - started);
    // The new workers answer before the last of them has proven it.
    const line = await program.logged(/Backend successfully reloaded/, { from });
    const proven = performance.now() - started;
    const outside = [...line.matchAll(/(?:check|proof)Milliseconds=(\d+)/g)].map(([, text]) => Number(text));
    shares.push(outside.reduce((rest, part) => rest - part, proven));
  }
  const reference = `nginx -t ${check.toFixed(0)} ms`;
  return [
    {
      name: `${kind.name}, to serving, median`,
      value: percentile(times, 0.5) / check,
      unit: 'x',
      bar: atMost(2.5),
      reference: `${percentile(times, 0.5).toFixed(0)} ms, most ${Math.max(...times).toFixed(0)}; ${reference}`,
    },
    { name: `${kind.name}, share of Node`, value: percentile(shares, 0.5), unit: 'ms', bar: atMost(150) },
  ];
}

/** Waits for workers of generations before: one change shall be measured, not what is left of the last. */
async function ended(program: Lab['program']): Promise<void> {
  await until(async () => workersOf(program.master()).length <= availableParallelism(), 100);
}

/** New hosts whose policy is in use, from the write to the first answer. */
export async function measureNewHosts({ api, program }: Lab, rounds: number): Promise<readonly Figure[]> {
  const times: number[] = [];
  let reloaded = 0;
  for (let n = 0; n < rounds; n++) {
    const ingress = plain(makeIngress(5_000_000 + n));
    const reloads = program.reloads();
    const started = performance.now();
    api.create(ingress);
    await until(async () => (await program.http(`site-${5_000_000 + n}.example.com`, '/')).status === 200);
    times.push(performance.now() - started);
    if (program.reloads() !== reloads) reloaded++;
    // As changes come: not in a burst, which would be gathered.
    await setTimeout(150);
  }
  return [
    { name: 'new host with a known policy, p50', value: percentile(times, 0.5), unit: 'ms' },
    {
      name: 'new host with a known policy, p99',
      value: percentile(times, 0.99),
      unit: 'ms',
      bar: atMost(100),
      reference: `${rounds} hosts, ${reloaded} met a reload of others`,
    },
  ];
}

/** Endpoints and certificates, until no worker shows the old ones. */
export async function measureLive(lab: Lab, options: ChangeOptions): Promise<readonly Figure[]> {
  const { program, api, backends } = lab;
  const { count, rounds, number } = options;
  const index = number(count);
  const host = `site-${index}.example.com`;
  const ask = () => program.https(host, '/');
  await until(async () => (await ask()).status === 200);
  // The same Service without TLS, whose handshakes would take most of the time.
  const bare = plain(makeIngress(6_000_000 + index));
  api.create(bare);
  const askPlain = () => program.http(`site-${6_000_000 + index}.example.com`, '/');
  await until(async () => (await askPlain()).status === 200);
  // The reload that new hosts owe, which would be counted.
  const owed = program.reloads();
  await until(async () => program.reloads() > owed, 100);
  await ended(program);
  const before = program.reloads();
  const endpoints = await timesOf(rounds, async (n) => {
    const to = backends[(n + 1) % 2] ?? backends[0];
    lab.lead(index, to);
    return inARow(async () => (await askPlain()).text.includes(`"backend":"${to.name}"`));
  });
  const only = await makePair('*.example.com');
  const pairs = [only, await makePair('*.example.com')];
  const team = `team-${index % 50}`;
  let last = (await ask()).certificate.fingerprint;
  const certificates = await timesOf(rounds, async (n) => {
    const old = last;
    api.update(tlsSecret('wildcard', pairs[n % 2] ?? only, { namespace: team }));
    return inARow(async () => {
      last = (await ask()).certificate.fingerprint;
      return last !== old;
    });
  });
  return [
    ...liveFigures('endpoint change', endpoints),
    ...liveFigures('certificate change', certificates),
    { name: 'reloads for these', value: program.reloads() - before, unit: 'count', bar: atMost(0) },
  ];
}

function liveFigures(name: string, times: readonly number[]): readonly Figure[] {
  return [
    { name: `${name} to every worker, p50`, value: percentile(times, 0.5), unit: 'ms' },
    { name: `${name} to every worker, p99`, value: percentile(times, 0.99), unit: 'ms', bar: atMost(50) },
  ];
}

/** Milliseconds of each round, whose answer is the time when everything was new. */
async function timesOf(rounds: number, round: (n: number) => Promise<number>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let n = 0; n < rounds; n++) {
    const started = performance.now();
    times.push((await round(n)) - started);
  }
  return times;
}

/** When the first of many answers came that were all new, one after the other. */
async function inARow(isNew: () => Promise<boolean>): Promise<number> {
  const end = performance.now() + 30_000;
  let first = performance.now();
  for (let good = 0; good < IN_A_ROW;) {
    const found = await isNew();
    const now = performance.now();
    if (now > end) throw new Error('a worker goes on with what was before');
    if (!found) good = 0;
    else if (++good === 1) first = now;
  }
  return first;
}

/** Megabytes of all nginx processes, the most of many looks while one reload runs. */
export async function memoryDuringReload({ api, program, memory }: Lab): Promise<number> {
  await setTimeout(BETWEEN_RELOADS);
  const reloads = program.reloads();
  const end = performance.now() + 120_000;
  let most = 0;
  api.create(annotated(plain(makeIngress(8_000_000)), 'app-root', '/app'));
  while (program.reloads() === reloads && performance.now() < end) {
    most = Math.max(most, memory().nginx);
    await setTimeout(50);
  }
  return most;
}

/** Many new Ingresses at once: until the last serves, and until all have their status. */
export async function measureBurst(lab: Lab, count: number): Promise<readonly Figure[]> {
  const { api, program } = lab;
  await setTimeout(BETWEEN_RELOADS);
  const reloads = program.reloads();
  const index = (n: number) => 3_000_000 + n;
  const started = performance.now();
  for (let n = 0; n < count; n++) api.create(plain(makeIngress(index(n))));
  const last = `site-${index(count - 1)}.example.com`;
  await until(async () => (await program.http(last, '/')).status === 200);
  const served = performance.now() - started;
  const keys = Array.from({ length: count }, (_, n) => `team-${index(n) % 50}/site-${index(n)}`);
  await until(async () => {
    const objects = await Promise.all(keys.map((key) => api.get('Ingress', key)));
    return objects.every(hasStatus);
  });
  const written = performance.now() - started;
  await program.settled(2000);
  return [
    { name: `burst of ${count} Ingresses, until the last serves`, value: served / 1000, unit: 's' },
    { name: `burst of ${count}, until all have a status`, value: written / 1000, unit: 's', bar: atMost(5) },
    { name: `burst of ${count}, reloads`, value: program.reloads() - reloads, unit: 'count', bar: atMost(5) },
  ];
}

function hasStatus(object: unknown): boolean {
  const { status } = (object ?? {}) as Ingress;
  return (status?.loadBalancer?.ingress ?? []).length > 0;
}

/** @param every milliseconds between two looks. */
async function until(condition: () => Promise<boolean>, every = 3): Promise<void> {
  const end = performance.now() + 120_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('what was changed does not come to serve');
    await setTimeout(every);
  }
}
