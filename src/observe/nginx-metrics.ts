/** What nginx says of its connections, and what the system says of its processes, at each scrape (compat/metrics.md). */
import { readFile } from 'node:fs/promises';
import { request } from 'undici';
import type { Family } from './exposition.ts';

export interface NginxMetricsOptions {
  readonly labels: Readonly<Record<string, string>>;
  /** Of the status server on 127.0.0.1. */
  readonly statusPort: number;
}

/** The name lacks the prefix of all families here, the rows the labels. */
type Sample = Family;

/** Returns what gives both families, by the process id of the master; one that cannot be had is left out. */
export function createNginxMetrics(
  options: NginxMetricsOptions,
): (master: number | null) => Promise<readonly Family[]> {
  const usage = createUsage();
  return async (master) => {
    const [status, processes] = await Promise.all([
      statusOf(options.statusPort).catch(() => []),
      master === null ? [] : usage(master),
    ]);
    return [...status, ...processes].map((sample) => ({
      ...sample,
      name: `nginx_process_${sample.name}`,
      rows: sample.rows.map(([own, value]) => [{ ...options.labels, ...own }, value] as const),
    }));
  };
}

/** ngx_http_stub_status_module. @throws when nobody answers. */
async function statusOf(port: number): Promise<readonly Sample[]> {
  const answer = await request(`http://127.0.0.1:${port}/nginx_status`, {
    headersTimeout: 2000,
    bodyTimeout: 2000,
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) return [];
  const number = (pattern: RegExp, group = 1) => Number(pattern.exec(text)?.[group] ?? 0);
  const totals = /(\d+) (\d+) (\d+)/;
  const state = (name: string) => ({ state: name });
  return [
    {
      name: 'connections_total',
      type: 'counter',
      help: 'Connections of clients',
      rows: [
        [state('accepted'), number(totals, 1)],
        [state('handled'), number(totals, 2)],
      ],
    },
    {
      name: 'requests_total',
      type: 'counter',
      help: 'Requests of clients',
      rows: [[{}, number(totals, 3)]],
    },
    {
      name: 'connections',
      type: 'gauge',
      help: 'Connections of clients now',
      rows: [
        [state('active'), number(/Active connections: (\d+)/)],
        [state('reading'), number(/Reading: (\d+)/)],
        [state('writing'), number(/Writing: (\d+)/)],
        [state('waiting'), number(/Waiting: (\d+)/)],
      ],
    },
  ];
}

interface Usage {
  readonly pid: number;
  /** Seconds that the system worked for it. */
  readonly cpu: number;
  readonly read: number;
  readonly written: number;
  readonly resident: number;
  readonly virtual: number;
  /** Seconds since the epoch. */
  readonly started: number;
}

type Counted = Pick<Usage, 'cpu' | 'read' | 'written'>;

/** What processes that have ended have used still counts. */
function createUsage(): (master: number) => Promise<readonly Sample[]> {
  const known = new Map<number, Usage>();
  const ended = { cpu: 0, read: 0, written: 0 };
  return async (master) => {
    const found = (await Promise.all((await familyOf(master)).map(usageOf))).filter((one) => one !== null);
    const alive = new Set(found.map(({ pid, started }) => `${pid} ${started}`));
    for (const [pid, last] of known)
      if (!alive.has(`${pid} ${last.started}`)) {
        for (const key of ['cpu', 'read', 'written'] as const) ended[key] += last[key];
        known.delete(pid);
      }
    for (const one of found) known.set(one.pid, one);
    return samplesOf(found, ended);
  };
}

function samplesOf(found: readonly Usage[], ended: Counted): readonly Sample[] {
  const sum = (key: Exclude<keyof Usage, 'pid'>) => found.reduce((total, one) => total + one[key], 0);
  const one = (name: string, type: Sample['type'], [help, value]: readonly [string, number]): Sample => ({
    name,
    type,
    help,
    rows: [[{}, value]],
  });
  return [
    one('num_procs', 'gauge', ['Processes of nginx', found.length]),
    one('cpu_seconds_total', 'counter', ['Seconds that the system worked for nginx', ended.cpu + sum('cpu')]),
    one('read_bytes_total', 'counter', ['Bytes that nginx read', ended.read + sum('read')]),
    one('write_bytes_total', 'counter', ['Bytes that nginx wrote', ended.written + sum('written')]),
    one('resident_memory_bytes', 'gauge', ['Memory of nginx that is in use', sum('resident')]),
    one('virtual_memory_bytes', 'gauge', ['Memory of nginx that has addresses', sum('virtual')]),
    one('oldest_start_time_seconds', 'gauge', [
      'When the oldest process of nginx started, in seconds since the epoch',
      found.length === 0 ? 0 : Math.min(...found.map(({ started }) => started)),
    ]),
  ];
}

async function familyOf(master: number): Promise<readonly number[]> {
  const text = await textOf(`/proc/${master}/task/${master}/children`);
  return [
    master,
    ...text
      .trim()
      .split(' ')
      .filter((part) => part !== '')
      .map(Number),
  ];
}

/** proc(5). Null when it has ended. */
async function usageOf(pid: number): Promise<Usage | null> {
  const [stat, io, system] = await Promise.all(
    [`/proc/${pid}/stat`, `/proc/${pid}/io`, '/proc/stat'].map(textOf),
  );
  // The name in parentheses may hold anything; fields are counted from the state, which is the third.
  const fields = (stat ?? '')
    .slice((stat ?? '').lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const field = (number: number) => fields[number - 3] ?? 0;
  if (fields.length < 22) return null;
  const bytes = (name: string) => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(io ?? '')?.[1] ?? 0);
  const boot = Number(/^btime (\d+)/m.exec(system ?? '')?.[1] ?? 0);
  return {
    pid,
    cpu: field(15) / TICKS,
    read: bytes('rchar'),
    written: bytes('wchar'),
    virtual: field(23),
    resident: field(24) * PAGE,
    started: boot + field(22) / TICKS,
  };
}

/** USER_HZ and the size of a page, as Linux has them on the machines that we serve on. */
const TICKS = 100;
const PAGE = 4096;

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
