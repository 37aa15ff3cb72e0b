import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { createTestClock } from '../harness/clock.ts';
import { ingressClass } from '../harness/objects.ts';
import { eventually, timed } from '../harness/poll.ts';
import { allProcesses } from '../harness/processes.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

describe('a configuration that never comes into force', () => {
  const the = useStage(async (stage) => {
    const one = await stage.backend('one');
    stage.write('class.yaml', ingressClass(), ...site('first', { places: [one] }));
    const clock = createTestClock(stage.folder);
    // Hosts that are served before their reload would need none.
    const program = await stage.start({ env: clock.env, flags: ['--live-routes=false'] });
    return { one, clock, program };
  });

  const stuckLines = () =>
    the()
      .program.logLines()
      .filter((line) => line.includes('does not go on'));

  it('makes the health check fail, is logged once, and what served before goes on', async () => {
    const { stage, one, clock, program } = the();
    // A disk that does not answer: whoever writes there waits for a reader.
    execFileSync('mkfifo', ['-m', '666', join(program.dataDir, 'nginx.conf.new')]);
    stage.write('second.yaml', ...site('second', { places: [one] }));
    await program.logged(/backend reload required/);
    expect(await program.health()).to.include({ status: 200 });
    clock.pass(200);
    expect(await program.health()).to.include({ status: 200 });
    expect(stuckLines()).to.deep.equal([]);
    const reason = /has not come beyond its files for \d+ seconds/;
    // Its check may just be running, whose own time limit must not end it; the time of what follows begins at its end.
    for (let passed = 600; passed < 4000 && (await program.health()).status === 200; passed += 400) {
      await setTimeout(2000);
      clock.pass(passed);
    }
    const { status, text } = await program.health('/healthz/nginx-ingress-controller');
    expect(status).to.equal(500);
    expect(text).to.match(reason);
    await program.health();
    expect(stuckLines()).to.have.length(1);
    expect(stuckLines()[0]).to.match(reason);
    expect((await program.atOnce.http('first.test', '/')).echo().backend).to.equal('one');
  });

  it('does not keep the controller from ending, nor nginx from quitting', async () => {
    const { program } = the();
    const took = await timed(async () => {
      expect(await program.stop('SIGTERM')).to.deep.equal({ code: 0, signal: null });
    });
    expect(took).to.be.within(9_000, 29_000);
    expect(program.logLines().join('\n')).to.include(
      'the work on a configuration does not end; nginx is ended all the same',
    );
  });
});

describe('a check that never ends', () => {
  // Stopped, as by a debugger; only SIGKILL ends it then.
  const NGINX = `case "$*" in "-t "*) kill -STOP $$ ;; esac\nexec nginx "$@"`;
  const the = useStage(async (stage) => {
    const one = await stage.backend('one');
    stage.write('class.yaml', ingressClass(), ...site('first', { places: [one] }));
    const binary = join(stage.folder, 'stopping-nginx');
    writeFileSync(binary, `#!/bin/sh\n${NGINX}\n`, { mode: 0o755 });
    const program = await stage.start({ env: { NGINX_BINARY: binary }, flags: ['--live-routes=false'] });
    return { one, program };
  });

  it('is killed when the controller ends, which does not wait for it', async () => {
    const { stage, one, program } = the();
    stage.write('second.yaml', ...site('second', { places: [one] }));
    const checks = () =>
      allProcesses().filter(({ command }) => command.includes(`${program.dataDir}/check/`));
    await eventually(() => expect(checks().map(({ state }) => state)).to.include('T'));
    expect((await program.http('first.test', '/')).echo().backend).to.equal('one');
    const took = await timed(async () => {
      expect(await program.stop('SIGTERM')).to.deep.equal({ code: 0, signal: null });
    });
    expect(took).to.be.below(9_000);
    expect(checks()).to.deep.equal([]);
  });
});

describe('a start that never ends', () => {
  const the = useStage(async () => ({}));

  for (const again of ['no', 'one'] as const)
    it(`is given up some time after SIGTERM, and at once after another: ${again} other`, async () => {
      const { stage } = the();
      const dataDir = join(stage.folder, `hanging-${again}`);
      mkdirSync(dataDir);
      // A disk that does not answer: whoever reads there waits for a writer.
      execFileSync('mkfifo', ['-m', '666', join(dataDir, 'tidegate.lock')]);
      const program = await stage.start({ dataDir, ready: false });
      await setTimeout(2000);
      program.kill('SIGTERM');
      if (again === 'one') {
        await program.logged(/shutting down/);
        // Two that come at once count as one.
        await setTimeout(700);
        program.kill('SIGTERM');
      }
      const took = await timed(async () => {
        const code = again === 'one' ? 130 : 0;
        expect(await program.ended).to.deep.equal({ code, signal: null });
      });
      expect(took).to.be.below(again === 'one' ? 5000 : 25_000);
      program.destroy();
    });
});
