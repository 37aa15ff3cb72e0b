import { readFileSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { endpoints, ingress } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { useStage } from '../harness/stage.ts';
import { writeSite } from './site.ts';

const CHANGES = 500;
/** The first changes fill caches and let the heap grow to its working size. */
const WARM = 200;
const EVERY_RELOAD = 20;
const MIB = 2 ** 20;

interface Footprint {
  /** Resident memory of the controller in bytes. */
  readonly memory: number;
  /** Open files of the controller and of the nginx master. */
  readonly files: readonly [number, number];
}

function footprint(controller: number, master: number): Footprint {
  const status = readFileSync(`/proc/${controller}/status`, 'utf8');
  const memory = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  const open = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;
  return { memory, files: [open(controller), open(master)] };
}

describe('many changes', () => {
  const the = useStage(async (stage) => {
    const web = await writeSite(stage);
    const other = await stage.backend('other');
    return { web, other, program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  it(`${CHANGES} of them leave memory and open files as they were`, async () => {
    const { stage, web, other, program } = the();
    let warm: Footprint | null = null;
    for (let change = 1; change <= CHANGES; change++) {
      const backend = change % 2 === 0 ? web : other;
      stage.write('endpoints.yaml', ...endpoints('web', [backend]));
      await eventually(async () =>
        expect((await program.http('a.test', '/')).echo().backend).to.equal(backend.name),
      );
      if (change % EVERY_RELOAD === 0) {
        const path = `/change-${change}`;
        await program.reloadAfter(() =>
          stage.write(
            'changing.yaml',
            ingress('changing', { rules: { 'changing.test': [{ path, to: 'web' }] } }),
          ),
        );
      }
      if (change === WARM) warm = footprint(program.pid, program.master());
    }
    await program.settled();
    const end = footprint(program.pid, program.master());
    expect(end.memory - (warm?.memory ?? 0), 'memory').to.be.below(40 * MIB);
    expect(end.files[0], 'files of the controller').to.be.within(0, (warm?.files[0] ?? 0) + 5);
    expect(end.files[1], 'files of the master').to.be.within(0, (warm?.files[1] ?? 0) + 5);
    expect(program.reloads()).to.be.within(CHANGES / EVERY_RELOAD, CHANGES / EVERY_RELOAD + 3);
  });
});
