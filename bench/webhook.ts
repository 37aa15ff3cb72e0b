/**
 * `npm run bench:webhook -- [N …]`: starts the program on a cluster of N Ingresses, sends admission reviews over TLS, as the API
 * server does, and prints how long the answers take and how long the event loop was blocked. Each kind is sent one by one and eight at a time.
 */
import { setTimeout } from 'node:timers/promises';
import type { Program } from '../src/testing/harness/program.ts';
import { createStage } from '../src/testing/harness/stage.ts';
import type { Stage } from '../src/testing/harness/stage.ts';
import { makeWebhookClient } from '../src/testing/harness/webhook.ts';
import type { WebhookClient } from '../src/testing/harness/webhook.ts';
import { makeIngress, makeServices } from './cluster.ts';
import { percentile } from './figures.ts';
import { longestBlock, loopProbe } from './loop.ts';
import { busyIngresses, kinds, withUid } from './webhook-candidates.ts';
import type { Kind } from './webhook-candidates.ts';

const SIZES = [1000, 10_000];
/** Reviews of each kind. */
const ROUNDS = 120;
const AT_ONCE = [1, 8];
/** Milliseconds within which 99 of 100 answers must come, one by one. */
const BAR = 100;
for (const count of sizesOf(process.argv.slice(2))) await measure(count);
process.exit();

function sizesOf(args: readonly string[]): readonly number[] {
  return args.length > 0 ? args.map(Number) : SIZES;
}

async function measure(count: number): Promise<void> {
  const stage = createStage();
  try {
    const { program, webhook } = await start(stage, count);
    console.log(`\n${count} Ingresses, ${ROUNDS} reviews of each kind; milliseconds`);
    console.log(
      `  ${''.padEnd(26)}${'at once'.padStart(8)}${['p50', 'p99', 'max', 'block'].map((word) => word.padStart(9)).join('')}`,
    );
    for (const kind of kinds) {
      for (const atOnce of AT_ONCE) await measureKind(kind, { program, webhook, atOnce });
    }
  } finally {
    await stage.close();
  }
}

async function start(stage: Stage, count: number) {
  const api = await stage.api();
  for (const object of makeServices()) api.create(object);
  for (let index = 0; index < count; index++) api.create(makeIngress(index));
  for (const object of busyIngresses()) api.create(object);
  const webhook = await makeWebhookClient(stage);
  const program = await stage.start({
    api,
    ready: false,
    env: loopProbe,
    flags: webhook.flags,
  });
  await program.waitUntilReady(300_000);
  await program.logged(/Starting validation webhook/);
  await program.settled(2000);
  await longestBlock(program);
  return { program, webhook };
}

interface Way {
  readonly program: Program;
  readonly webhook: WebhookClient;
  readonly atOnce: number;
}

async function measureKind(kind: Kind, { program, webhook, atOnce }: Way): Promise<void> {
  const times: number[] = [];
  let next = 0;
  const send = async () => {
    while (next < ROUNDS) {
      const candidate = withUid(kind.candidate(next++));
      const started = performance.now();
      const answer = await webhook.review(candidate);
      times.push(performance.now() - started);
      if (answer.allowed !== kind.allowed) throw new Error(`${kind.name}: ${JSON.stringify(answer)}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, send));
  await setTimeout(50);
  print(kind, times, { atOnce, block: await longestBlock(program) });
}

function print(
  kind: Kind,
  times: readonly number[],
  { atOnce, block }: { readonly atOnce: number; readonly block: number },
): void {
  const at = (share: number) => percentile(times, share);
  const figures = [at(0.5), at(0.99), Math.max(...times), block]
    .map((time) => time.toFixed(1).padStart(9))
    .join('');
  const bar = atOnce > 1 ? '' : `   (bar: p99 of ${BAR} ms ${at(0.99) <= BAR ? 'met' : 'MISSED'})`;
  console.log(`  ${kind.name.padEnd(26)}${String(atOnce).padStart(8)}${figures}${bar}`);
}
