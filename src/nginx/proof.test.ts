import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { eventually } from '../testing/fake-api/support.ts';
import { proveGeneration } from './proof.ts';
import type { ProofOptions } from './proof.ts';
import { commandLine, isDraining, workersOf } from './workers.ts';

type Answer = () => Promise<{ readonly checksum: string; readonly pid: number }>;

function prove(generation: Answer, overrides: Partial<ProofOptions> = {}): Promise<boolean> {
  const signal = new AbortController().signal;
  const control = { generation };
  return proveGeneration({
    control,
    checksum: '1',
    olderWorkers: new Set(),
    timeout: 3000,
    signal,
    ...overrides,
  });
}

const serves = (checksum: string) => async () => ({ checksum, pid: 1 });

describe('proof of a generation', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  /** A process with this title, as nginx gives its workers one. */
  async function worker(title: string): Promise<ChildProcess & { readonly pid: number }> {
    const child = spawn('sleep', ['60'], { argv0: title, stdio: 'ignore' });
    children.push(child);
    await once(child, 'spawn');
    const { pid = 0 } = child;
    // Until the program is loaded, /proc shows that of the parent.
    await eventuallyTitled(pid, title);
    return Object.assign(child, { pid });
  }

  it('counts once the workers answer with its checksum', async () => {
    let asked = 0;
    const later = async () => ({ checksum: ++asked < 4 ? '0' : '1', pid: 1 });
    expect(await prove(later)).to.equal(true);
    expect(asked).to.equal(4);
  });

  it('waits while nobody answers', async () => {
    let asked = 0;
    const later = async () => {
      if (++asked < 3) throw new Error('refused');
      return { checksum: '1', pid: 1 };
    };
    expect(await prove(later)).to.equal(true);
  });

  it('fails when the time is up', async () => {
    expect(await prove(serves('0'), { timeout: 30 })).to.equal(false);
  });

  it('ends when it is told to', async () => {
    const stop = new AbortController();
    const proof = prove(serves('0'), { signal: stop.signal, timeout: 60_000 });
    stop.abort();
    expect(await proof).to.equal(false);
  });

  it('does not count while an older worker takes connections', async () => {
    const { pid } = await worker('nginx: worker process');
    expect(await prove(serves('1'), { olderWorkers: new Set([pid]), timeout: 60 })).to.equal(false);
  });

  it('counts when older workers are draining or gone', async () => {
    const draining = await worker('nginx: worker process is shutting down');
    const gone = await worker('nginx: worker process');
    gone.kill('SIGKILL');
    await once(gone, 'exit');
    expect(await prove(serves('1'), { olderWorkers: new Set([draining.pid, gone.pid]) })).to.equal(true);
  });

  it('reads processes from /proc', async () => {
    const { pid } = await worker('nginx: worker process');
    expect([...(await workersOf(process.pid))]).to.include(pid);
    expect(await commandLine(pid)).to.equal('nginx: worker process 60');
    expect(await isDraining(pid)).to.equal(false);
    const none = 2 ** 22 + 1;
    expect(await workersOf(none)).to.deep.equal(new Set());
    expect(await commandLine(none)).to.equal(null);
    expect(await isDraining(none)).to.equal(true);
  });
});

async function eventuallyTitled(pid: number, title: string): Promise<void> {
  let seen: string | null = null;
  const look = async () => {
    seen = await commandLine(pid);
  };
  await look();
  await eventually(() => {
    void look();
    expect(seen).to.include(title);
  });
}
