/**
 * `npm run bench:scale -- [N …]`: puts N Ingresses into the pipeline and prints what each stage costs, what nginx makes of the
 * file, and what one change costs afterwards. Each size runs in a process of its own, so that memory is its own.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { createStores } from '../src/cluster/stores.ts';
import type { Stores } from '../src/cluster/stores.ts';
import { defaultOptions } from '../src/config/flags/parse.ts';
import { findPlace } from '../src/config/place.ts';
import { readSettings } from '../src/config/settings/read.ts';
import { createGraphBuilder } from '../src/graph/build.ts';
import { createModelBuilder } from '../src/model/build.ts';
import { createHelper } from '../src/nginx/helper.ts';
import { checkGeneration } from '../src/nginx/check.ts';
import { sizeOf } from '../src/nginx/generation.ts';
import { detectNginx } from '../src/nginx/detect.ts';
import { writeFakeCertificate } from '../src/nginx/fake-certificate.ts';
import { createRenderer } from '../src/nginx/files.ts';
import { prepareFolders } from '../src/nginx/folders.ts';
import { layoutOf } from '../src/nginx/layout.ts';
import { loadTemplates } from '../src/nginx/templates.ts';
import { graphOptionsOf } from '../src/setup/graph-options.ts';
import { environmentOf } from '../src/setup/prepare.ts';
import { makeIngress, makeServices, makeSlice } from './cluster.ts';

const SIZES = [100, 1000, 10_000];
const CHANGES = 20;
/** design.md: what one new Ingress may cost on the Node side at 10,000, in ms. */
const BAR = 150;

const [first, size] = process.argv.slice(2);
if (first === '--one') await measure(Number(size));
else await runAll(process.argv.slice(2).map(Number));

async function runAll(sizes: readonly number[]): Promise<void> {
  for (const count of sizes.length > 0 ? sizes : SIZES) {
    await execa(process.execPath, ['--expose-gc', import.meta.filename, '--one', String(count)], {
      stdio: 'inherit',
    });
  }
}

async function measure(count: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-bench-'));
  const helper = createHelper();
  try {
    const pipeline = await createPipeline(folder);
    console.log(`\n${count} Ingresses, one host and one path each, 100 Services of 3 endpoints`);
    console.log(row('stores', time(() => fill(pipeline.stores, count)).milliseconds));
    const { generation, stages } = await pipeline.run();
    for (const [stage, milliseconds] of stages) console.log(row(stage, milliseconds));
    console.log(
      `  ${'nginx.conf'.padEnd(34)} ${(sizeOf(generation) / 1e6).toFixed(2)} MB, ${Math.round(sizeOf(generation) / count)} bytes a host`,
    );
    const checked = await timeAsync(() => checkGeneration(generation, { ...pipeline, run: helper.run }));
    if (!checked.value.ok) throw new Error(checked.value.failures[0].message);
    console.log(row('nginx -t', checked.milliseconds));
    await measureChanges(pipeline, count);
    globalThis.gc?.();
    const memory = process.memoryUsage();
    const peak = process.resourceUsage().maxRSS / 1024;
    console.log(
      `  ${'memory'.padEnd(34)} heap ${mib(memory.heapUsed)} MiB, RSS ${mib(memory.rss)} MiB, peak RSS ${peak.toFixed(0)} MiB`,
    );
  } finally {
    await helper.close();
    await rm(folder, { recursive: true, force: true });
  }
}

type Pipeline = Awaited<ReturnType<typeof createPipeline>>;

async function createPipeline(folder: string) {
  const options = defaultOptions();
  const place = findPlace(join(import.meta.dirname, '..'));
  const layout = layoutOf(folder);
  await prepareFolders(layout);
  await mkdir(layout.runDir, { recursive: true });
  await writeFakeCertificate(layout.defaultCertificate);
  const binary = process.env['NGINX_BINARY'] ?? 'nginx';
  const ports = { ...options, httpPort: 18_080, httpsPort: 18_443, statusPort: 18_246 };
  const environment = environmentOf({ options: ports, place, layout, features: await detectNginx(binary) });
  const stores = createStores(() => undefined);
  const graph = createGraphBuilder(graphOptionsOf(options));
  const model = createModelBuilder();
  const renderer = createRenderer(loadTemplates(place.assets.templates), environment);
  const { settings } = readSettings({});
  async function run() {
    const snapshot = time(() => stores.snapshot());
    const graphed = time(() =>
      graph.build(snapshot.value, {
        ...settings,
        ingressClassesReadable: true,
        zone: null,
        heldPorts: new Map(),
        resolvedNames: new Map(),
      }),
    );
    const modelled = time(() => model.build(graphed.value, settings));
    const rendered = await timeAsync(() => renderer.render(modelled.value));
    const stages: readonly (readonly [string, number])[] = [
      ['snapshot', snapshot.milliseconds],
      ['graph', graphed.milliseconds],
      ['model and live state', modelled.milliseconds],
      ['files', rendered.milliseconds],
    ];
    return { generation: rendered.value, stages };
  }
  return { stores, run, command: [binary], layout };
}

function fill(stores: Stores, count: number): void {
  for (const object of makeServices()) stores.put(object);
  for (let index = 0; index < count; index++) stores.put(makeIngress(index));
}

async function measureChanges(pipeline: Pipeline, count: number): Promise<void> {
  const changes: readonly (readonly [string, (n: number) => void])[] = [
    ['one new Ingress', (n) => pipeline.stores.put(makeIngress(count + n))],
    ['one changed path', (n) => pipeline.stores.put(makeIngress(n, n + 2))],
    ['one deleted', (n) => pipeline.stores.remove('Ingress', `team-${n % 50}/site-${n}`)],
    ['one endpoint change', (n) => pipeline.stores.put(makeSlice({ team: 7, index: 7, version: n + 2 }))],
  ];
  for (const [name, change] of changes) {
    const times: number[] = [];
    for (let n = 0; n < CHANGES; n++) {
      change(n);
      times.push((await timeAsync(() => pipeline.run())).milliseconds);
    }
    times.sort((a, b) => a - b);
    const median = times[CHANGES / 2] ?? 0;
    const most = times.at(-1) ?? 0;
    console.log(
      `${row(`${name}, Node's share`, median)} (most ${most.toFixed(1)}; bar ${BAR} ms ${most <= BAR ? 'met' : 'MISSED'})`,
    );
  }
}

function row(name: string, milliseconds: number): string {
  return `  ${name.padEnd(34)} ${milliseconds.toFixed(1).padStart(9)} ms`;
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

interface Timed<T> {
  readonly value: T;
  readonly milliseconds: number;
}

function time<T>(action: () => T): Timed<T> {
  const started = performance.now();
  const value = action();
  return { value, milliseconds: performance.now() - started };
}

async function timeAsync<T>(action: () => Promise<T>): Promise<Timed<T>> {
  const started = performance.now();
  const value = await action();
  return { value, milliseconds: performance.now() - started };
}
