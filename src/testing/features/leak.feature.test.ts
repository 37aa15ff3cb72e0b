import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endpoints, ingress, service } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { activeWorkersOf, openFiles, residentMegabytes, workersOf } from '../harness/processes.ts';
import { useStage } from '../harness/stage.ts';
import { siteObjects } from './site.ts';

const CHANGES = 500;
/** The first changes fill caches and let the heap grow to its working size. */
const WARM = 100;
const EVERY_RELOAD = 20;

interface Footprint {
  readonly controllerFiles: number;
  readonly masterFiles: number;
  readonly workerFiles: number;
  /** Live objects in MB, after a full collection: what the process holds beyond them depends on the load of the machine. */
  readonly controllerHeap: number;
  /** Resident memory in MB. */
  readonly masterMemory: number;
}

/** Tells the size of the heap when asked by a signal. */
const HEAP_PROBE = `process.on('SIGUSR2', () => {
  gc();
  console.log('heap after collection: ' + process.memoryUsage().heapUsed);
});`;

describe('many changes', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const other = await stage.backend('other');
    stage.write('site.yaml', ...siteObjects(web));
    stage.write('moving.yaml', service('moving'), ...endpoints('moving', [web]));
    stage.write('moved.yaml', ingress('moved', { rules: { 'moved.test': 'moving' } }));
    const probe = join(stage.folder, 'heap.cjs');
    writeFileSync(probe, HEAP_PROBE);
    const env = { NODE_OPTIONS: `--expose-gc --require=${probe}` };
    return { web, other, program: await stage.start({ flags: ['--sync-rate-limit=50'], env }) };
  });

  it(`${CHANGES} of them leave memory and open files as they were`, async () => {
    await change(1, WARM);
    const warm = await footprint();
    await change(WARM + 1, CHANGES);
    const end = await footprint();
    const found = JSON.stringify({ warm, end });
    for (const kind of ['controllerFiles', 'masterFiles', 'workerFiles'] as const) {
      expect(end[kind], `${kind} ${found}`).to.be.within(1, warm[kind] + 3);
    }
    // 500 changes that each left a graph of this size behind would hold more.
    expect(end.controllerHeap - warm.controllerHeap, found).to.be.below(5);
    expect(end.masterMemory - warm.masterMemory, found).to.be.below(5);
    const { program } = the();
    expect(program.reloads()).to.equal(1 + CHANGES / EVERY_RELOAD);
  }).timeout(120_000);

  async function change(first: number, last: number): Promise<void> {
    const { stage, program, web, other } = the();
    for (let index = first; index <= last; index++) {
      const backend = index % 2 === 0 ? web : other;
      stage.write('moving.yaml', service('moving'), ...endpoints('moving', [backend]));
      await eventually(async () =>
        expect((await program.http('moved.test', '/')).echo().backend).to.equal(backend.name),
      );
      if (index % EVERY_RELOAD !== 0) continue;
      const path = `/change-${index}`;
      const changing = ingress('changing', { rules: { 'changing.test': [{ path, to: 'web' }] } });
      await program.reloadAfter(() => stage.write('changing.yaml', changing));
      expect((await program.http('changing.test', path)).echo().backend).to.equal('web');
    }
  }

  /** When the workers of older generations have gone. */
  async function footprint(): Promise<Footprint> {
    const { program } = the();
    const master = program.master();
    await eventually(() => expect(workersOf(master)).to.deep.equal(activeWorkersOf(master)));
    return {
      controllerFiles: openFiles(program.pid).length,
      masterFiles: openFiles(master).length,
      workerFiles: Math.max(...workersOf(master).map((pid) => openFiles(pid).length)),
      controllerHeap: await heapMegabytes(),
      masterMemory: residentMegabytes(master),
    };
  }

  async function heapMegabytes(): Promise<number> {
    const { program } = the();
    const from = program.logLines().length;
    process.kill(program.pid, 'SIGUSR2');
    const line = await program.logged(/heap after collection: \d+/, { from });
    return Number(/(\d+)$/.exec(line)?.[1]) / 2 ** 20;
  }
});
