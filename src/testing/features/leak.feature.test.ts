import { expect } from 'chai';
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
  /** Resident memory in MB. */
  readonly controllerMemory: number;
  readonly masterMemory: number;
}

describe('many changes', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const other = await stage.backend('other');
    stage.write('site.yaml', ...siteObjects(web));
    stage.write('moving.yaml', service('moving'), ...endpoints('moving', [web]));
    stage.write('moved.yaml', ingress('moved', { rules: { 'moved.test': 'moving' } }));
    // A small young generation, so that garbage is collected often and growth is not hidden by laziness.
    const env = { NODE_OPTIONS: '--max-semi-space-size=2' };
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
    expect(end.controllerMemory - warm.controllerMemory, found).to.be.below(30);
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
      controllerMemory: residentMegabytes(program.pid),
      masterMemory: residentMegabytes(master),
    };
  }
});
