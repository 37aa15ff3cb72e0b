import { existsSync, mkdirSync, readFileSync, renameSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openRaw, requestHttp } from '../harness/client.ts';
import { eventually } from '../harness/poll.ts';
import { freePort } from '../harness/ports.ts';
import { useStage } from '../harness/stage.ts';
import { writeSite } from './site.ts';

describe('operation', () => {
  describe('log files that are moved away', () => {
    const the = useStage(async (stage) => {
      await writeSite(stage);
      const logs = join(stage.folder, 'logs');
      mkdirSync(logs);
      // Workers open them as well.
      chmodSync(logs, 0o777);
      const file = join(logs, 'access.log');
      stage.write('settings.yaml', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'settings', namespace: 'default' },
        data: { 'access-log-path': file },
      });
      const program = await stage.start({ flags: ['--configmap=default/settings'] });
      return { program, file };
    });

    it('are opened anew on SIGUSR1, and no debugger is', async () => {
      const { program, file } = the();
      const lines = (path: string) =>
        existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
      await program.http('a.test', '/');
      await eventually(() => expect(lines(file)).to.equal(1));
      renameSync(file, `${file}.1`);
      program.kill('SIGUSR1');
      await program.logged(/log files are opened anew/);
      await eventually(() => expect(existsSync(file)).to.equal(true));
      await eventually(async () => {
        await program.http('a.test', '/');
        expect(lines(file)).to.be.above(0);
      });
      expect(program.logLines().filter((line) => /debugger/i.test(line))).to.deep.equal([]);
      expect((await program.health()).status).to.equal(200);
    });
  });

  describe('profiler', () => {
    const the = useStage(async (stage) => {
      await writeSite(stage);
      const [profiler, taken] = [await freePort(), await freePort()];
      const program = await stage.start({
        flags: [`--profiler-port=${profiler}`, '--profiler-address=0.0.0.0'],
      });
      return { program, profiler, taken };
    });

    const ask = (path: string) => requestHttp({ port: the().profiler, host: 'localhost', path });

    it('shows what the controller spends its time on', async () => {
      const { status, text } = await ask('/debug/pprof/profile?seconds=0.2');
      expect(status).to.equal(200);
      expect(JSON.parse(text)).to.include.keys('nodes', 'samples');
    });

    it('keeps the heap to itself, unless --profiling is given', async () => {
      expect((await ask('/debug/pprof/heap')).status).to.equal(403);
    });

    it('listens on a loopback address whatever the flag says', async () => {
      const { stage, profiler } = the();
      const elsewhere = await openRaw(profiler, stage.address()).catch((error: unknown) => error);
      expect(elsewhere).to.have.property('code', 'ECONNREFUSED');
    });

    it('shows the heap when --profiling is given', async () => {
      const { stage } = the();
      const port = await freePort();
      await stage.start({ flags: [`--profiler-port=${port}`, '--profiling'] });
      const { status, text } = await requestHttp({ port, host: 'localhost', path: '/debug/pprof/heap' });
      expect(status).to.equal(200);
      expect(text).to.match(/^\{"snapshot":/);
    });

    it('is not there when --profiling=false', async () => {
      const { stage, taken } = the();
      const program = await stage.start({ flags: [`--profiler-port=${taken}`, '--profiling=false'] });
      const refused = await requestHttp({ port: taken, host: 'localhost', path: '/debug/pprof/' }).catch(
        (error: unknown) => error,
      );
      expect(refused).to.have.property('code', 'ECONNREFUSED');
      expect((await program.http('a.test', '/')).echo().backend).to.equal('web');
    });

    it('must have its port', async () => {
      const { stage, profiler } = the();
      const program = await stage.start({ flags: [`--profiler-port=${profiler}`], ready: false });
      await program.logged(new RegExp(`--profiler-port: port ${profiler} cannot be bound`));
      expect((await program.ended).code).to.equal(255);
      program.destroy();
    });
  });
});
