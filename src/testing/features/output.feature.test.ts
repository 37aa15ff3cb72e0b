import { expect } from 'chai';
import { setTimeout } from 'node:timers/promises';
import { ingress } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { cpuSeconds } from '../harness/processes.ts';
import { useStage } from '../harness/stage.ts';
import { writeSite } from './site.ts';

describe('a program whose output nobody reads any more', () => {
  const the = useStage(async (stage) => {
    await writeSite(stage);
    return { program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  it('goes on serving, follows changes, and does not try to tell somebody for ever', async () => {
    const { stage, program } = the();
    program.closeOutput();
    stage.write('bad.yaml', ingress('bad', { rules: { 'new.test': 'missing' } }));
    await eventually(async () => expect((await program.http('new.test', '/')).status).to.equal(503));
    expect((await program.http('a.test', '/')).echo().backend).to.equal('web');
    // What the change itself left to do: the reload that is owed, the status.
    await setTimeout(1500);
    const before = cpuSeconds(program.pid);
    await setTimeout(1000);
    expect(cpuSeconds(program.pid) - before).to.be.below(0.3);
    expect((await program.stop()).code).to.equal(0);
  });
});
