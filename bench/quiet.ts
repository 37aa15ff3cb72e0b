/** What a cluster does all day: events that change nothing, and a change now and then. */
import { setTimeout } from 'node:timers/promises';
import { cpuSeconds, workersOf } from '../src/testing/harness/processes.ts';
import { makeIngress, makeSlice, plain } from './cluster.ts';
import { atMost } from './figures.ts';
import type { Figure } from './figures.ts';
import type { Lab } from './lab.ts';

const A_SECOND = 1000;
const DAY = 86_400;

/** Events of each kind, so many a second. */
export async function measureNothing(lab: Lab, seconds: number): Promise<readonly Figure[]> {
  const { api, program } = lab;
  const slice = (n: number) => ({
    ...makeSlice({ team: 0, index: 0 }),
    metadata: {
      ...makeSlice({ team: 0, index: 0 }).metadata,
      name: 'nobody-1',
      labels: { 'kubernetes.io/service-name': 'nobody' },
    },
    endpoints: [
      { addresses: [`10.9.${Math.floor(n / 250) % 250}.${(n % 250) + 1}`], conditions: { ready: true } },
    ],
  });
  const lease = (n: number) => ({
    kind: 'Lease' as const,
    apiVersion: 'coordination.k8s.io/v1',
    metadata: { namespace: 'default', name: 'other' },
    spec: { holderIdentity: `pod-${n}` },
  });
  api.create(slice(0));
  api.create(lease(0));
  const kinds: readonly (readonly [string, (n: number) => void])[] = [
    ['EndpointSlice of a Service that nobody names', (n) => void api.update(slice(n))],
    [
      'status of an Ingress',
      (n) =>
        void api.update({
          ...makeIngress(0),
          status: { loadBalancer: { ingress: [{ ip: `192.0.2.${(n % 2) + 1}` }] } },
        } as never),
    ],
    [
      'managed fields',
      (n) =>
        void api.update({
          ...makeIngress(1),
          metadata: { ...makeIngress(1).metadata, managedFields: [{ manager: `m${n}` }] },
        } as never),
    ],
    ['Lease', (n) => void api.update(lease(n))],
  ];
  const figures: Figure[] = [];
  for (const [name, change] of kinds) {
    const before = cpuSeconds(program.pid);
    const from = program.logLines().length;
    const started = performance.now();
    await everySecond({ seconds, rate: A_SECOND }, change);
    await setTimeout(300);
    const took = (performance.now() - started) / 1000;
    const syncs = program
      .logLines()
      .slice(from)
      .filter((line) => /"sync"/.test(line)).length;
    const share = (cpuSeconds(program.pid) - before) / took;
    figures.push(
      { name: `1,000 a second, ${name}: syncs`, value: syncs, unit: 'count', bar: atMost(0) },
      { name: `1,000 a second, ${name}: share of a CPU`, value: share * 100, unit: '%' },
    );
  }
  return figures;
}

/** One change a second, most of them endpoints, as in a busy cluster; the CPU time of everything is taken for a whole day. */
export async function measureDay(lab: Lab, seconds: number): Promise<readonly Figure[]> {
  const { api, program, backends } = lab;
  const all = () => [program.pid, program.master(), ...workersOf(program.master())];
  const before = new Map(all().map((pid) => [pid, usedSoFar(pid)]));
  const gone = new Map<number, number>();
  for (let second = 0; second < seconds; second++) {
    if (second % 10 === 9) api.create(plain(makeIngress(7_000_000 + second)));
    else lab.lead(second, backends[second % 2] ?? backends[0]);
    await setTimeout(1000);
    // Of a worker that ends, what it has used is known to the second.
    for (const pid of all()) gone.set(pid, usedSoFar(pid));
  }
  const used = [...gone].reduce((sum, [pid, time]) => sum + Math.max(0, time - (before.get(pid) ?? 0)), 0);
  return [
    {
      name: 'CPU of a day at 1 change a second, Node and nginx',
      value: (used / seconds) * DAY,
      unit: 's',
      reference: `${used.toFixed(1)} s in ${seconds} s; one of ten is a new host, the rest endpoints`,
    },
  ];
}

async function everySecond(
  { seconds, rate }: { readonly seconds: number; readonly rate: number },
  change: (n: number) => void,
): Promise<void> {
  const started = performance.now();
  for (let done = 0; done < seconds * rate;) {
    const due = Math.min(seconds * rate, ((performance.now() - started) / 1000) * rate);
    for (; done < due; done++) change(done);
    await setTimeout(5);
  }
}

/** 0 for a process that has ended. */
function usedSoFar(pid: number): number {
  try {
    return cpuSeconds(pid);
  } catch {
    return 0;
  }
}
