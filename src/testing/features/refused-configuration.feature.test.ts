import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import type { Program } from '../harness/program.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

/** Every change takes a reload. */
const FLAGS = ['--sync-rate-limit=20', '--live-routes=false'];
const REFUSED = /Unexpected failure reloading the backend/;
const SUCCESSFUL = 'nginx_ingress_controller_config_last_reload_successful';
const ERRORS = 'nginx_ingress_controller_errors';

async function writeMovingSite(stage: Stage) {
  const web = await stage.backend('web');
  const other = await stage.backend('other');
  stage.write('class.yaml', ingressClass());
  stage.write('web.yaml', service('web'), ...endpoints('web', [web]));
  stage.write('a.yaml', ingress('a', { rules: { 'a.test': 'web' } }));
  return { web, other };
}

const newSite = (host: string) => ingress('new', { rules: { [host]: 'web' } });

/** The state that served last serves on, and endpoints still change. */
async function servesOn({
  stage,
  program,
  web,
  other,
}: {
  readonly stage: Stage;
  readonly program: Program;
  readonly web: { readonly name: string; readonly address: string; readonly port: number };
  readonly other: { readonly name: string; readonly address: string; readonly port: number };
}): Promise<void> {
  for (const backend of [other, web]) {
    stage.write('web.yaml', service('web'), ...endpoints('web', [backend]));
    await eventually(async () =>
      expect((await program.http('a.test', '/')).echo().backend).to.equal(backend.name),
    );
  }
  expect((await program.health()).status).to.equal(200);
}

describe('an nginx that refuses everything', () => {
  const the = useStage(async (stage) => {
    const site = await writeMovingSite(stage);
    const refuse = join(stage.folder, 'refuse');
    const program = await stage.start({
      flags: FLAGS,
      env: {
        NGINX_BINARY: wrapper(stage.folder, `echo 'nginx: [emerg] refused by the test' >&2; exit 1`, refuse),
      },
    });
    return { ...site, refuse, program };
  });

  it('leaves the last good state in force, is told, and is over by itself', async () => {
    const { stage, program, refuse } = the();
    const from = program.logLines().length;
    const good = await program.nginxConf();
    const before = program.reloads();
    expect(await program.metric(SUCCESSFUL)).to.equal(1);
    writeFileSync(refuse, '');
    stage.write('new.yaml', newSite('refused.test'));
    const line = await program.logged(REFUSED, { from });
    expect(line)
      .to.match(/^E\d{4}/)
      .and.include('nginx refuses what serves now as well')
      .and.include('[emerg] refused by the test');
    expect(await program.metric(SUCCESSFUL)).to.equal(0);
    expect(await program.metric(ERRORS)).to.be.at.least(1);
    expect(await program.http('refused.test', '/')).to.include({ status: 404 });
    await servesOn(the());
    expect(await program.nginxConf()).to.equal(good);
    expect(program.reloads()).to.equal(before);

    // No object is held responsible for it.
    await program.reloadAfter(() => rmSync(refuse), 30_000);
    expect((await program.http('refused.test', '/')).echo().backend).to.equal('web');
    expect(await program.metric(SUCCESSFUL)).to.equal(1);
  });

  it('is tried again ever more rarely', async () => {
    const { stage, program, refuse } = the();
    const errors = await program.metric(ERRORS);
    writeFileSync(refuse, '');
    const from = program.logLines().length;
    stage.write('new.yaml', newSite('again.test'));
    await program.logged(REFUSED, { from });
    await servesOn(the());
    await setTimeout(2000);
    // At once, after one second, after two more.
    expect((await program.metric(ERRORS)) - errors).to.be.within(2, 4);
    await program.reloadAfter(() => rmSync(refuse), 30_000);
    expect((await program.http('again.test', '/')).echo().backend).to.equal('web');
    expect(await program.metric(SUCCESSFUL)).to.equal(1);
  });
});

describe('a configuration that passes the check and fails in the master', () => {
  const the = useStage(async (stage) => {
    const site = await writeMovingSite(stage);
    const pass = join(stage.folder, 'pass');
    const program = await stage.start({
      flags: FLAGS,
      env: { NGINX_BINARY: wrapper(stage.folder, 'exit 0', pass) },
    });
    return { ...site, pass, program };
  });

  it('does not stay on the disk, where the next master would find it', async () => {
    const { stage, program, pass } = the();
    const good = await program.nginxConf();
    writeFileSync(pass, '');
    const certificate = join(program.dataDir, 'ssl', 'default-fake-certificate.pem');
    expect(existsSync(certificate)).to.equal(true);
    const from = program.logLines().length;
    // Without its default certificate nginx loads nothing, whatever the check says.
    spawnSync('mv', [certificate, `${certificate}.away`]);
    stage.write('new.yaml', newSite('lost.test'));
    await program.logged(REFUSED, { from, deadline: 30_000 });
    // Nothing that the new one could be replaced by comes up either.
    await program.logged(/nothing of it is in force/, { from, deadline: 60_000 });
    spawnSync('mv', [`${certificate}.away`, certificate]);
    await eventually(async () => expect(await program.nginxConf()).to.equal(good));
    await servesOn(the());
    const killed = program.master();
    process.kill(killed, 'SIGKILL');
    await eventually(() => expect(program.master()).to.not.equal(killed));
    await program.waitUntilReady();
    expect((await program.http('a.test', '/')).echo().backend).to.equal('web');
  });
});

describe('a full disk', () => {
  const the = useStage(async (stage) => {
    const site = await writeMovingSite(stage);
    const dataDir = join(stage.folder, 'tiny');
    mkdirSync(dataDir);
    const mounted = spawnSync(
      'mount',
      ['-t', 'tmpfs', '-o', 'size=256k,mode=755', 'tidegate-test', dataDir],
      {
        encoding: 'utf8',
      },
    );
    if (mounted.status !== 0) {
      throw new Error(`mounting a small tmpfs failed: ${mounted.stderr}; run the feature tests as root`);
    }
    stage.defer(() => spawnSync('umount', [dataDir]));
    const program = await stage.start({ dataDir, flags: FLAGS });
    return { ...site, program };
  });

  it('leaves the last good state in force, is told, and is over when there is room', async () => {
    const { stage, program } = the();
    const good = await program.nginxConf();
    const from = program.logLines().length;
    const filling = join(program.dataDir, 'filling');
    const { bavail, bsize } = statfsSync(program.dataDir);
    writeFileSync(filling, Buffer.alloc(bavail * bsize));
    stage.write('new.yaml', newSite('new.test'));
    const line = await program.logged(REFUSED, { from });
    expect(line)
      .to.match(/^E\d{4}/)
      .and.match(/ENOSPC|no space left/i)
      .and.include(program.dataDir);
    expect(await program.metric(SUCCESSFUL)).to.equal(0);
    expect(await program.http('new.test', '/')).to.include({ status: 404 });
    await servesOn(the());
    expect(await program.nginxConf()).to.equal(good);

    rmSync(filling);
    // Nobody has to change anything.
    await eventually(async () =>
      expect((await program.http('new.test', '/')).echo().backend).to.equal('web'),
    );
    await eventually(async () => expect(await program.metric(SUCCESSFUL)).to.equal(1));
  });
});

/** An nginx whose check does something else while a file exists. */
function wrapper(folder: string, instead: string, flagFile: string): string {
  const path = join(folder, 'nginx-wrapper');
  writeFileSync(
    path,
    [
      '#!/bin/sh',
      `if [ -e ${flagFile} ]; then`,
      `  for word in "$@"; do if [ "$word" = -t ]; then ${instead}; fi; done`,
      'fi',
      'exec nginx "$@"',
      '',
    ].join('\n'),
  );
  chmodSync(path, 0o755);
  return path;
}
