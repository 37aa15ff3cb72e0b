/**
 * `npm run bench:dashboard -- [N …]`: serves the status page on a graph of N Ingresses, and prints how long pages take over HTTP, their CPU
 * (that of the client included), how long the event loop was blocked, and when a real Chromium paints the list of hosts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { dashboardContext } from '../src/testing/builders/dashboard.ts';
import { evaluateExactly } from '../src/testing/builders/pipeline.ts';
import { openPage, startBrowser } from '../src/testing/harness/browser.ts';
import { requestHttp } from '../src/testing/harness/client.ts';
import { serveDashboard } from '../src/testing/harness/dashboard.ts';
import { makeIngress, makeServices } from './cluster.ts';
import { percentile } from './figures.ts';

const ROUNDS = 60;
const PAINTS = 5;

for (const count of sizesOf(process.argv.slice(2))) await measure(count);
process.exit();

function sizesOf(args: readonly string[]): readonly number[] {
  return args.length > 0 ? args.map(Number) : [1000, 10_000];
}

async function measure(count: number): Promise<void> {
  const ingresses = Array.from({ length: count }, (_, index) => makeIngress(index));
  const { graph } = evaluateExactly([...makeServices(), ...ingresses]);
  const server = await serveDashboard(dashboardContext(graph, { now: Date.now }));
  const pages = [
    ['the first page', '/hosts?q=site-1', 1],
    ['all hosts', '/hosts', ROUNDS],
    ['a search', '/hosts?q=site-77', ROUNDS],
    ['a search as one types', '/hosts?q=site-77&fragment=1', ROUNDS],
    ['a search without a result', '/hosts?q=nothing', ROUNDS],
    ['a host', '/hosts/site-7.example.com', ROUNDS],
    ['a backend', '/backends/team-1-service-1-80', ROUNDS],
    ['certificates', '/certificates', ROUNDS],
    ['problems', '/problems', ROUNDS],
  ] as const;
  console.log(`\n${count} Ingresses; milliseconds`);
  console.log(
    `  ${''.padEnd(28)}${['p50', 'p99', 'CPU', 'block', 'KB'].map((word) => word.padStart(9)).join('')}`,
  );
  for (const [name, path, rounds] of pages) await measurePage({ name, path, rounds, port: server.port });
  await measurePaints(server.port);
  await server.close();
}

interface Asked {
  readonly name: string;
  readonly path: string;
  readonly rounds: number;
  readonly port: number;
}

async function measurePage({ name, path, rounds, port }: Asked): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const times: number[] = [];
  let bytes = 0;
  delay.enable();
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    const { status, text } = await requestHttp({ port, host: 'localhost', path });
    times.push(performance.now() - started);
    if (status !== 200 && status !== 404) throw new Error(`${path}: ${status}`);
    bytes = Buffer.byteLength(text);
    // So that the histogram sees it.
    await setTimeout(3);
  }
  delay.disable();
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1000 / rounds;
  const figures = [percentile(times, 0.5), percentile(times, 0.99), cpu, delay.max / 1e6, bytes / 1000];
  console.log(`  ${name.padEnd(28)}${figures.map((value) => value.toFixed(1).padStart(9)).join('')}`);
}

async function measurePaints(port: number): Promise<void> {
  const folder = mkdtempSync('/tmp/tg-bench-');
  const browser = await startBrowser(folder);
  const paints: number[] = [];
  for (let time = 0; time < PAINTS; time++) {
    const { page } = await openPage(browser);
    await page.goto(`http://127.0.0.1:${port}/hosts`);
    const find = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null";
    for (let found = null; found === null; await setTimeout(20)) {
      found = (await page.evaluate(find)) as number | null;
      if (found !== null) paints.push(found);
    }
    await page.close();
  }
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
  console.log(
    `  first contentful paint of /hosts: ${paints.map((value) => Math.round(value)).join(', ')} ms`,
  );
}
