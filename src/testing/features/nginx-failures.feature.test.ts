import { expect } from 'chai';
import { makePair } from '../harness/certificates.ts';
import { endpoints, ingress, ingressClass, service, tlsSecret } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { activeWorkersOf, mastersOf, processInfo } from '../harness/processes.ts';
import { useStage } from '../harness/stage.ts';

describe('failures of nginx', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const other = await stage.backend('other');
    const tls = [{ hosts: ['tls.test'], secretName: 'pair' }];
    stage.write(
      'site.yaml',
      ingressClass(),
      service('web'),
      ...endpoints('web', [web]),
      ingress('a', { rules: { 'a.test': 'web' } }),
      tlsSecret('pair', await makePair('tls.test')),
      ingress('tls', { rules: { 'tls.test': 'web' }, tls }),
    );
    stage.write('moving.yaml', service('moving'), ...endpoints('moving', [web]));
    stage.write('moved.yaml', ingress('moved', { rules: { 'moved.test': 'moving' } }));
    return { web, other, program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  /** Everything that was there before serves: routes, endpoints, certificates. */
  async function allServed(): Promise<void> {
    const { program } = the();
    for (let request = 0; request < 8; request++) {
      expect((await program.http('a.test', '/')).echo().backend).to.equal('web');
      const answer = await program.https('tls.test', '/');
      expect(answer.certificate.subject).to.deep.equal({ CN: 'tls.test' });
      expect(answer.echo().backend).to.equal('web');
    }
  }

  /** Watches the masters of the program while something happens. @throws when there were ever two. */
  async function neverTwoMasters(action: () => Promise<void>): Promise<void> {
    const { program } = the();
    let most = 0;
    const timer = setInterval(() => {
      most = Math.max(most, mastersOf(program.dataDir).length);
    }, 5);
    try {
      await action();
    } finally {
      clearInterval(timer);
    }
    expect(most, 'masters at one time').to.equal(1);
  }

  it('a killed master is replaced: all is served again, live state included', async () => {
    const { program } = the();
    const killed = program.master();
    const from = program.logLines().length;
    const before = program.reloads();
    await neverTwoMasters(async () => {
      process.kill(killed, 'SIGKILL');
      await eventually(async () => expect((await program.health()).status).to.equal(500));
      await program.waitUntilReady(5000);
      expect(program.master()).to.not.equal(killed);
      await allServed();
    });
    expect(await program.logged(/nginx master died/, { from })).to.match(/^E\d{4}/);
    expect(program.reloads()).to.equal(before);
  });

  it('workers of a killed master finish their requests, then go', async () => {
    const { program, web } = the();
    const killed = program.master();
    const workers = activeWorkersOf(killed);
    const before = web.inFlight();
    const slow = program.http('a.test', '/slow?delay=1000');
    await eventually(() => expect(web.inFlight()).to.equal(before + 1));
    process.kill(killed, 'SIGKILL');
    expect((await slow).echo().url).to.equal('/slow?delay=1000');
    await program.waitUntilReady(5000);
    await eventually(() => {
      for (const worker of workers) expect(processInfo(worker)).to.equal(undefined);
    });
  });

  it('a change while there is no master is served by the next, and there are never two', async () => {
    const { stage, program } = the();
    for (let round = 1; round <= 3; round++) {
      const host = `round-${round}.test`;
      await neverTwoMasters(async () => {
        process.kill(program.master(), 'SIGKILL');
        stage.write('rounds.yaml', ingress('rounds', { rules: { [host]: 'web' } }));
        await eventually(async () => expect((await program.http(host, '/')).echo().backend).to.equal('web'));
        await program.waitUntilReady(5000);
        await program.settled(500);
      });
      await allServed();
    }
    expect(program.master()).to.be.above(1);
  });

  it('an endpoint that changes while there is no master is known to the next', async () => {
    const { stage, program, other, web } = the();
    process.kill(program.master(), 'SIGKILL');
    stage.write('moving.yaml', service('moving'), ...endpoints('moving', [other]));
    await eventually(async () =>
      expect((await program.http('moved.test', '/')).echo().backend).to.equal('other'),
    );
    await program.waitUntilReady(5000);
    stage.write('moving.yaml', service('moving'), ...endpoints('moving', [web]));
    await eventually(async () =>
      expect((await program.http('moved.test', '/')).echo().backend).to.equal('web'),
    );
  });

  it('a killed worker is replaced, and knows the live state', async () => {
    const { program } = the();
    const master = program.master();
    const workers = activeWorkersOf(master);
    const [killed] = workers;
    if (killed === undefined) throw new Error('the master has no workers');
    process.kill(killed, 'SIGKILL');
    await eventually(() => {
      const now = activeWorkersOf(master);
      expect(now).to.have.length(workers.length).and.not.include(killed);
    });
    await allServed();
    expect((await program.health()).status).to.equal(200);
    expect(program.master()).to.equal(master);
  });

  it('all workers killed at once are replaced', async () => {
    const { program } = the();
    const master = program.master();
    const workers = activeWorkersOf(master);
    for (const worker of workers) process.kill(worker, 'SIGKILL');
    await eventually(() => {
      const now = activeWorkersOf(master);
      expect(now).to.have.length(workers.length);
      for (const worker of workers) expect(now).to.not.include(worker);
    });
    await allServed();
  });
});
