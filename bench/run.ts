/**
 * `npm run bench -- [--size N]… [--seed N] [--json FILE] [--server=kube] [--secrets=own] [--quick]`: the real program with a real nginx in
 * front of an API server in memory (or the one of `$KUBECONFIG`), each figure beside its bar and its reference of the same run
 * (docs/performance.md).
 */
import { writeFileSync } from 'node:fs';
import { measureBurst, measureLive, memoryDuringReload, measureNewHosts, measureReloads } from './changes.ts';
import { measureFamilies } from './families.ts';
import { atMost, isFarOff, lineOf, verdictOf } from './figures.ts';
import type { Figure } from './figures.ts';
import { openLab } from './lab.ts';
import type { Lab } from './lab.ts';
import { numbersOf, readBenchOptions } from './options.ts';
import type { BenchOptions } from './options.ts';
import { realServer, serverInMemory } from './objects.ts';
import { measureDay, measureNothing } from './quiet.ts';
import { measureReviews } from './reviews.ts';
import { measureThroughput } from './throughput.ts';

/** Repetitions of what needs a reload, of what needs none, and of new Ingresses in a burst. */
const PACES = {
  full: {
    reloads: 10,
    live: 1000,
    hosts: 100,
    reviews: 400,
    burst: 1000,
    nothing: 5,
    day: 600,
    load: { seconds: 8, runs: 3 },
  },
  quick: {
    reloads: 3,
    live: 30,
    hosts: 20,
    reviews: 40,
    burst: 200,
    nothing: 2,
    day: 15,
    load: { seconds: 2, runs: 2 },
  },
} as const;
/** How many times its bar a figure may be off before `--quick` fails. */
const FACTOR = 3;

const options = readBenchOptions(process.argv.slice(2));
const all: { readonly size: number; readonly figures: readonly Figure[] }[] = [];
for (const size of options.sizes) all.push({ size, figures: await measure(size, options) });
// A real server still deletes what was made there, on the same processors.
if (options.server === 'memory') all.push({ size: 1, figures: await measureLoad(options) });
if (options.json !== null) writeFileSync(options.json, `${JSON.stringify(all, null, 2)}\n`);
process.exit(summary(all, options));

async function measure(
  size: number,
  { seed, pace, server, secrets }: BenchOptions,
): Promise<readonly Figure[]> {
  console.log(`\n${size} Ingresses, one host and one path each, 100 Services`);
  const lab = await openLab(size, { connect: server === 'kube' ? realServer : serverInMemory, secrets });
  try {
    const check = lab.check();
    const figures: Figure[] = [];
    const tell = (found: readonly Figure[]) => {
      for (const figure of found) console.log(lineOf(figure));
      figures.push(...found);
    };
    tell(await measureStart(lab, { size, check }));
    const { reloads, live, hosts, reviews, burst, nothing, day } = PACES[pace];
    const rest = { count: size, check, number: numbersOf(seed) };
    // New hosts owe a reload, which would meet those that are measured.
    tell(await measureReloads(lab, { ...rest, rounds: reloads }));
    tell(await measureNewHosts(lab, hosts));
    tell(await measureLive(lab, { ...rest, rounds: live }));
    tell(await measureReviews(lab, reviews));
    tell(await measureBurst(lab, burst));
    // So many events would say more about the server than about who hears of them.
    if (server === 'memory') tell(await measureNothing(lab, nothing));
    tell(await measureDay(lab, day));
    tell(await measureMemory(lab, size));
    return figures;
  } finally {
    await lab.close();
  }
}

async function measureStart(
  lab: Lab,
  { size, check }: { readonly size: number; readonly check: number },
): Promise<readonly Figure[]> {
  const bytes = Buffer.byteLength(await lab.program.nginxConf());
  return [
    {
      name: 'cold start to proven serving',
      value: lab.start / check,
      unit: 'x',
      // Of a small file nginx takes less time than a program needs to start at all.
      ...(size < 5000 ? {} : { bar: atMost(3) }),
      reference: `${(lab.start / 1000).toFixed(2)} s; nginx -t ${check.toFixed(0)} ms`,
    },
    { name: 'first answer over TLS after the start', value: lab.firstTls / 1000, unit: 's' },
    {
      name: 'longest block of the event loop, start included',
      value: await lab.longestBlock(),
      unit: 'ms',
      bar: atMost(50),
    },
    {
      name: 'nginx.conf, bytes a host',
      value: bytes / size,
      unit: 'B',
      // What stands there once is most of a small file.
      ...(size < 1000 ? {} : { bar: atMost(1500) }),
    },
  ];
}

async function measureMemory(lab: Lab, size: number): Promise<readonly Figure[]> {
  const block = await lab.longestBlock();
  const during = await memoryDuringReload(lab);
  const { node, nodePeak, nginx } = lab.memory();
  return [
    { name: 'longest block of the event loop, changes', value: block, unit: 'ms', bar: atMost(50) },
    { name: 'memory of Node now', value: node, unit: 'MB' },
    {
      name: 'memory of Node, peak',
      value: nodePeak,
      unit: 'MB',
      ...(size > 10_000 ? {} : { bar: atMost(size <= 100 ? 120 : 350) }),
    },
    { name: 'memory of nginx, all processes (PSS)', value: nginx, unit: 'MB' },
    { name: 'memory of nginx, most during a reload (PSS)', value: during, unit: 'MB' },
  ];
}

async function measureLoad({ pace }: BenchOptions): Promise<readonly Figure[]> {
  console.log('\nthroughput of one site, 1 KB, keepalive');
  const figures = await measureThroughput(PACES[pace].load);
  if (figures === null) console.log('  not measured: wrk is missing; apt-get install wrk');
  const families = (await measureFamilies(PACES[pace].load)) ?? [];
  const found = [...(figures ?? []), ...families];
  for (const figure of found) console.log(lineOf(figure));
  return found;
}

function summary(sizes: readonly { readonly figures: readonly Figure[] }[], { pace }: BenchOptions): 0 | 1 {
  const figures = sizes.flatMap((entry) => entry.figures);
  const missed = figures.filter((figure) => verdictOf(figure) === 'MISSED');
  const far = figures.filter((figure) => isFarOff(figure, FACTOR));
  console.log(
    `\n${figures.length} figures, ${missed.length} miss their bar, ${far.length} by more than ${FACTOR} times`,
  );
  const failed = pace === 'quick' ? far : missed;
  return failed.length > 0 ? 1 : 0;
}
