import { expect } from 'chai';
import { Agent } from 'node:http';
import { eventually, timed } from '../harness/poll.ts';
import { allProcesses } from '../harness/processes.ts';
import { assertCleanFolder, useStage } from '../harness/stage.ts';
import { startFakeApi } from '../fake-api/server.ts';
import { writeSite } from './site.ts';

describe('stop', () => {
  const the = useStage(async (stage) => ({ web: await writeSite(stage) }));

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends cleanly on ${signal}`, async () => {
      const program = await the().stage.start();
      const master = program.master();
      const took = await timed(async () => {
        expect(await program.stop(signal)).to.deep.equal({ code: 0, signal: null });
      });
      expect(took).to.be.below(30_000);
      expect(allProcesses().filter(({ group }) => group === master)).to.deep.equal([]);
      assertCleanFolder(program.dataDir);
    });
  }

  it('lets requests in flight finish on SIGTERM, and takes no new ones', async () => {
    const { stage, web } = the();
    const program = await stage.start();
    const before = web.requests();
    const slow = program.http('a.test', '/slow?delay=2000');
    await eventually(() => expect(web.requests()).to.equal(before + 1));
    const stopped = program.stop('SIGTERM');
    await eventually(async () => {
      const failure = await program.http('a.test', '/').catch((error: unknown) => error);
      expect(failure).to.have.property('code', 'ECONNREFUSED');
    });
    expect((await slow).echo().url).to.equal('/slow?delay=2000');
    expect(await stopped).to.deep.equal({ code: 0, signal: null });
  });

  it('does not wait for idle keepalive connections', async () => {
    const program = await the().stage.start();
    const agent = new Agent({ keepAlive: true });
    await program.http('a.test', '/', { agent });
    const took = await timed(() => program.stop('SIGTERM'));
    agent.destroy();
    expect(took).to.be.below(30_000);
  });

  it('ends requests after worker-shutdown-timeout', async () => {
    const { stage, web } = the();
    stage.write('settings.yaml', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'default' },
      data: { 'worker-shutdown-timeout': '1s' },
    });
    const program = await stage.start({ flags: ['--configmap=default/settings'] });
    const before = web.requests();
    const slow = program.http('a.test', '/slow?delay=100000').catch((error: unknown) => error);
    await eventually(() => expect(web.requests()).to.equal(before + 1));
    const took = await timed(async () => {
      expect(await program.stop('SIGTERM')).to.deep.equal({ code: 0, signal: null });
    });
    expect(took).to.be.within(900, 60_000);
    expect(await slow).to.be.instanceOf(Error);
  });

  it('does not wait for requests on SIGINT', async () => {
    const { stage, web } = the();
    const program = await stage.start();
    const before = web.requests();
    const slow = program.http('a.test', '/slow?delay=100000').catch((error: unknown) => error);
    await eventually(() => expect(web.requests()).to.equal(before + 1));
    const took = await timed(() => program.stop('SIGINT'));
    expect(took).to.be.below(30_000);
    expect(await slow).to.be.instanceOf(Error);
  });

  it('fails the health check, but serves, for --shutdown-grace-period', async () => {
    const program = await the().stage.start({ flags: ['--shutdown-grace-period=6'] });
    program.kill('SIGTERM');
    await eventually(async () => expect(await program.health()).to.include({ status: 500 }));
    expect((await program.http('a.test', '/')).echo().backend).to.equal('web');
    expect(await program.ended).to.deep.equal({ code: 0, signal: null });
    await program.stop();
  });

  it('asks clients in that time not to keep their connections, and loses none of their requests', async () => {
    const program = await the().stage.start({ flags: ['--shutdown-grace-period=6'] });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = () => program.http('a.test', '/', { agent });
    expect((await ask()).headers.connection).to.equal('keep-alive');
    program.kill('SIGTERM');
    await eventually(async () => expect((await ask()).headers.connection).to.match(/close/));
    expect(await program.ended).to.deep.equal({ code: 0, signal: null });
    agent.destroy();
    await program.stop();
  });

  it('takes a signal that comes twice at once as one', async () => {
    const { stage, web } = the();
    const program = await stage.start();
    const before = web.requests();
    const slow = program.http('a.test', '/slow?delay=1000');
    await eventually(() => expect(web.requests()).to.equal(before + 1));
    program.kill('SIGTERM');
    program.kill('SIGTERM');
    expect((await slow).echo().url).to.equal('/slow?delay=1000');
    expect(await program.ended).to.deep.equal({ code: 0, signal: null });
    await program.stop();
  });

  it('ends on SIGTERM while it waits for its API server', async () => {
    const { stage } = the();
    const api = await startFakeApi();
    await api.stopListening();
    const program = await stage.start({ api, ready: false });
    await program.logged(/API server|apiserver|ECONNREFUSED/);
    const took = await timed(async () => {
      expect(await program.stop('SIGTERM')).to.deep.equal({ code: 0, signal: null });
    });
    expect(took).to.be.below(30_000);
  });

  it('ends the nginx that a killed controller has left, then serves', async () => {
    const { stage } = the();
    const dataDir = `${stage.folder}/left`;
    const first = await stage.start({ dataDir });
    const orphan = first.master();
    first.kill('SIGKILL');
    stage.defer(() => first.destroy());
    await eventually(() => expect(allProcesses().some(({ pid }) => pid === first.pid)).to.equal(false));
    // The ports are busy until the orphan has gone.
    const second = await stage.start({ dataDir, ports: first.ports });
    expect(second.master()).to.not.equal(orphan);
    expect((await second.http('a.test', '/')).echo().backend).to.equal('web');
    await second.stop();
    first.destroy();
  });
});
