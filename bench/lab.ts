/** The real program with a real nginx, in front of an API server that holds a cluster of a given size. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeObject } from '../src/testing/fake-api/store.ts';
import type { Backend } from '../src/testing/harness/backend.ts';
import { makePair } from '../src/testing/harness/certificates.ts';
import type { PairPem } from '../src/testing/harness/objects.ts';
import { tlsSecret } from '../src/testing/harness/objects.ts';
import { proportionalMegabytes, residentMegabytes, workersOf } from '../src/testing/harness/processes.ts';
import { root } from '../src/testing/harness/program.ts';
import type { Program } from '../src/testing/harness/program.ts';
import { createStage } from '../src/testing/harness/stage.ts';
import type { Stage } from '../src/testing/harness/stage.ts';
import { makeWebhookClient } from '../src/testing/harness/webhook.ts';
import type { WebhookClient } from '../src/testing/harness/webhook.ts';
import { busyIngresses } from './webhook-candidates.ts';
import { longestBlock, loopProbe } from './loop.ts';
import { serverInMemory } from './objects.ts';
import type { ObjectServer, Objects } from './objects.ts';
import { SERVICES, makeIngress, makeServices, makeSlice, withOwnSecret } from './cluster.ts';

export interface Lab {
  readonly api: Objects;
  readonly program: Program;
  /** Two servers that answer for all Services, by turns. */
  readonly backends: readonly [Backend, Backend];
  /** Milliseconds from the start of the process until the health check was good. */
  readonly start: number;
  /** Milliseconds from the start of the process until the first answer over TLS. */
  readonly firstTls: number;
  readonly webhook: WebhookClient;
  /** Makes all endpoints of the Service of an Ingress lead to one of the backends. */
  lead(index: number, to: Backend): void;
  /** Milliseconds that `nginx -t` takes for the file that serves, the least of three runs. */
  check(): number;
  /** Milliseconds that the event loop was blocked at most, since the last time. */
  longestBlock(): Promise<number>;
  memory(): Memory;
  close(): Promise<void>;
}

/** Megabytes. */
export interface Memory {
  readonly node: number;
  readonly nodePeak: number;
  /** Proportional set size of the master and all workers together. */
  readonly nginx: number;
}

const POD = { name: 'controller', namespace: 'default' };

export interface LabOptions {
  readonly connect?: (stage: Stage) => Promise<ObjectServer>;
  /** Of the hosts: one in each namespace, or one for each. */
  readonly secrets?: 'shared' | 'own';
}

export async function openLab(
  count: number,
  { connect = serverInMemory, secrets = 'shared' }: LabOptions = {},
): Promise<Lab> {
  const stage = createStage();
  try {
    const address = stage.address();
    const one = await stage.backend('one', { address });
    const two = await stage.backend('two', { address: stage.address(), port: one.port });
    const server = await connect(stage);
    stage.defer(server.close);
    const api = server.objects;
    await createAll(api, objectsOf({ count, secrets, backend: one, pair: await makePair('*.example.com') }));
    const webhook = await makeWebhookClient(stage);
    const command = bundle();
    const started = performance.now();
    const program = await stage.start({
      ...server.start,
      ready: false,
      program: command,
      env: {
        ...launchEnvironment(),
        ...loopProbe,
        POD_NAME: POD.name,
        POD_NAMESPACE: POD.namespace,
      },
      // Each sync is logged.
      flags: ['--publish-status-address=192.0.2.1', '-v=2', ...webhook.flags],
    });
    await program.waitUntilReady(600_000);
    const start = performance.now() - started;
    await program.https(`site-${count - 1}.example.com`, '/');
    const firstTls = performance.now() - started;
    return {
      api,
      program,
      backends: [one, two],
      start,
      firstTls,
      webhook,
      lead: (index, to) => void api.update(sliceOf(index, to)),
      check: () => checkTime(program.dataDir),
      longestBlock: () => longestBlock(program),
      memory: () => memoryOf(program),
      close: stage.close,
    };
  } catch (error) {
    await stage.close();
    throw error;
  }
}

/** The program as the image has it (image/launch.c). */
function bundle(): readonly string[] {
  execFileSync(process.execPath, [join(root, 'scripts', 'bundle.mjs')], { stdio: 'inherit' });
  return [...heapFlags(), join(root, 'dist', 'nginx-ingress-controller.mjs')];
}

function launcher(): string {
  return readFileSync(join(root, 'image', 'launch.c'), 'utf8');
}

/** What it adds to the environment. */
function launchEnvironment(): Readonly<Record<string, string>> {
  const found = launcher().matchAll(/setenv\("(\w+)", "(\w+)", 0\)/g);
  return Object.fromEntries(Array.from(found, ([, name = '', value = '']) => [name, value]));
}

function heapFlags(): readonly string[] {
  const source = launcher();
  const flags = Array.from(source.matchAll(/^#define \w+_HEAP "(--[\w=-]+)"$/gm), ([, flag = '']) => flag);
  if (flags.length === 0) throw new Error('image/launch.c names no flags for the heap');
  return flags;
}

/** Objects that are created at a time. */
const AT_ONCE = 32;

async function createAll(api: Objects, objects: readonly FakeObject[]): Promise<void> {
  for (let at = 0; at < objects.length; at += AT_ONCE)
    await Promise.all(objects.slice(at, at + AT_ONCE).map((object) => api.create(object)));
}

function objectsOf({
  count,
  secrets,
  backend,
  pair,
}: {
  readonly count: number;
  readonly secrets: 'shared' | 'own';
  readonly backend: Backend;
  readonly pair: PairPem;
}): readonly FakeObject[] {
  const pod = {
    kind: 'Pod' as const,
    metadata: { ...POD, labels: { app: 'tidegate' } },
    // A real server wants to know what to run, and nobody runs it there.
    spec: {
      automountServiceAccountToken: false,
      containers: [{ name: 'controller', image: 'controller:1' }],
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  };
  const services = makeServices().filter(({ kind }) => kind !== 'EndpointSlice');
  return [
    pod,
    ...services,
    ...Array.from({ length: SERVICES }, (_, index) => sliceOf(index, backend)),
    ...Array.from({ length: 50 }, (_, team) => tlsSecret('wildcard', pair, { namespace: `team-${team}` })),
    ...Array.from({ length: count }, (_, index) => makeIngress(index)).flatMap((ingress) => {
      if (secrets === 'shared') return ingress;
      const { name, namespace } = ingress.metadata;
      return [tlsSecret(`${name}-tls`, pair, { namespace }), withOwnSecret(ingress)];
    }),
    ...busyIngresses(),
  ];
}

/** The endpoints of the Service that the Ingress of this number uses. */
function sliceOf(index: number, { address, port }: Backend) {
  const service = index % SERVICES;
  const slice = makeSlice({ team: service % 50, index: service });
  return {
    ...slice,
    ports: [{ port, protocol: 'TCP' }],
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
  };
}

function checkTime(dataDir: string): number {
  const config = join(dataDir, 'nginx.conf');
  const times = [1, 2, 3].map(() => {
    const started = performance.now();
    execFileSync('nginx', ['-t', '-q', '-p', dataDir, '-e', 'stderr', '-c', config], { stdio: 'ignore' });
    return performance.now() - started;
  });
  return Math.min(...times);
}

function memoryOf(program: Program): Memory {
  const master = program.master();
  const nginx = [master, ...workersOf(master)].map(megabytesLeft);
  return {
    node: residentMegabytes(program.pid),
    nodePeak: residentMegabytes(program.pid, 'peak'),
    nginx: nginx.reduce((sum, megabytes) => sum + megabytes, 0),
  };
}

/** 0 for a worker that has ended meanwhile. */
function megabytesLeft(pid: number): number {
  try {
    return proportionalMegabytes(pid);
  } catch {
    return 0;
  }
}
