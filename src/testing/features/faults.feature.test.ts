import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { activeWorkersOf, allProcesses } from '../harness/processes.ts';
import type { Program } from '../harness/program.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

/** Every change takes a check and a reload. */
const FLAGS = ['--sync-rate-limit=20', '--live-routes=false'];
const SUCCESSFUL = 'nginx_ingress_controller_config_last_reload_successful';
/** Milliseconds until everything serves after something was killed. */
const RECOVERED = 30_000;

/** An nginx whose check takes a while, so that it can be met. */
function slowNginx(folder: string): string {
  const path = join(folder, 'slow-nginx');
  const lines = [
    '#!/bin/sh',
    'for word in "$@"; do if [ "$word" = -t ]; then sleep 0.5; fi; done',
    'exec nginx "$@"',
    '',
  ];
  writeFileSync(path, lines.join('\n'));
  chmodSync(path, 0o755);
  return path;
}

async function writeSites(stage: Stage) {
  const web = await stage.backend('web');
  stage.write('web.yaml', ingressClass(), service('web'), ...endpoints('web', [web]));
  for (const name of ['a', 'b'])
    stage.write(`${name}.yaml`, ingress(name, { rules: { [`${name}.test`]: 'web' } }));
  return { web };
}

async function serves(program: Program, ...hosts: readonly string[]): Promise<void> {
  for (const host of hosts) {
    const answer = await program.http(host, '/');
    expect(answer.status, `${host}: ${answer.text.slice(0, 100)}`).to.equal(200);
    expect(answer.echo().backend).to.equal('web');
  }
}

interface Moment {
  readonly moment: string;
  /** The line of the log by which it is known; undefined: at once. */
  readonly line?: RegExp;
}

const moments: readonly Moment[] = [
  { moment: 'right after a write' },
  { moment: 'while a check runs', line: /"Configuration changes detected, backend reload required"/ },
  { moment: 'while a reload runs', line: /\[notice\].* reconfiguring/ },
];

describe('killed in the middle of a change', () => {
  const the = useStage(async (stage) => {
    const { web } = await writeSites(stage);
    const env = { NGINX_BINARY: slowNginx(stage.folder) };
    const dataDir = join(stage.folder, 'data');
    const first = await stage.start({ flags: FLAGS, env, dataDir });
    return { web, env, dataDir, first, files: listing(dataDir) };
  });
  let current: Program | undefined;
  const running = () => current ?? the().first;

  /** Makes a change that nobody made before and waits for the moment; resolves to the host that is to serve afterwards. */
  async function changeUntil({ moment, line }: Moment, victim: string): Promise<string> {
    const host = `${victim}-${moment}.test`.replaceAll(' ', '-');
    const from = running().logLines().length;
    the().stage.write('changing.yaml', ingress('changing', { rules: { [host]: 'web' } }));
    if (line !== undefined) await running().logged(line, { from });
    return host;
  }

  for (const at of moments) {
    it(`the master ${at.moment}: everything serves, the newest state included`, async () => {
      const program = running();
      const killed = program.master();
      const host = await changeUntil(at, 'master');
      process.kill(killed, 'SIGKILL');
      await eventually(() => serves(program, 'a.test', 'b.test', host), RECOVERED);
      await program.waitUntilReady();
      expect(program.master()).to.not.equal(killed);
    });

    it(`a worker ${at.moment}: everything serves, the newest state included`, async () => {
      const program = running();
      const master = program.master();
      const host = await changeUntil(at, 'worker');
      const [killed = 0] = activeWorkersOf(master);
      process.kill(killed, 'SIGKILL');
      await eventually(() => serves(program, 'a.test', 'b.test', host), RECOVERED);
      expect(program.master()).to.equal(master);
      expect(activeWorkersOf(master)).to.not.include(killed);
    });

    it(`the controller ${at.moment}: the next one serves everything, and nothing of the dead one is left`, async () => {
      const { stage, env, dataDir, files } = the();
      const dead = running();
      stage.defer(() => dead.destroy());
      const left = new Set(processesOf(dead));
      const host = await changeUntil(at, 'controller');
      for (const pid of processesOf(dead)) left.add(pid);
      dead.kill('SIGKILL');
      await eventually(() => expect(allProcesses().some(({ pid }) => pid === dead.pid)).to.equal(false));
      const next = await stage.start({ flags: FLAGS, env, dataDir, ports: dead.ports });
      current = next;
      await serves(next, 'a.test', 'b.test', host);
      await eventually(() => expect(allProcesses().filter(({ pid }) => left.has(pid))).to.deep.equal([]));
      expect(next.master()).to.be.above(0);
      await eventually(() => expect(listing(dataDir)).to.deep.equal(files));
    });
  }

  it('the controller and its master at once: the next one serves everything', async () => {
    const { stage, env, dataDir } = the();
    const dead = running();
    stage.defer(() => dead.destroy());
    process.kill(dead.pid, 'SIGKILL');
    process.kill(dead.master(), 'SIGKILL');
    const next = await stage.start({ flags: FLAGS, env, dataDir, ports: dead.ports });
    current = next;
    await serves(next, 'a.test', 'b.test');
  });
});

describe('a data folder that becomes read-only', () => {
  const the = useStage(async (stage) => {
    const { web } = await writeSites(stage);
    const other = await stage.backend('other');
    const dataDir = join(stage.folder, 'tmpfs');
    mkdirSync(dataDir);
    mount('-t', 'tmpfs', '-o', 'mode=755', 'tidegate-test', dataDir);
    stage.defer(() => spawnSync('umount', [dataDir]));
    return { web, other, program: await stage.start({ flags: FLAGS, dataDir }) };
  });

  it('leaves the last good state in force, is told in plain words, and is over when it is writable again', async () => {
    const { stage, program, web, other } = the();
    const from = program.logLines().length;
    const before = program.reloads();
    mount('-o', 'remount,ro', program.dataDir);
    stage.write('new.yaml', ingress('new', { rules: { 'new.test': 'web' } }));
    expect(await program.logged(/Unexpected failure reloading the backend/, { from }))
      .to.match(/^E\d{4}/)
      .and.include(`the folder ${program.dataDir} is read-only`);
    expect(await program.metric(SUCCESSFUL)).to.equal(0);
    for (const backend of [other, web]) {
      stage.write('web.yaml', ingressClass(), service('web'), ...endpoints('web', [backend]));
      await eventually(async () =>
        expect((await program.http('a.test', '/')).echo().backend).to.equal(backend.name),
      );
    }
    await serves(program, 'a.test', 'b.test');
    expect((await program.http('new.test', '/')).status).to.equal(404);
    expect((await program.health()).status).to.equal(200);
    expect(program.reloads()).to.equal(before);

    mount('-o', 'remount,rw', program.dataDir);
    // Nobody has to change anything.
    await eventually(() => serves(program, 'a.test', 'b.test', 'new.test'), RECOVERED);
    await eventually(async () => expect(await program.metric(SUCCESSFUL)).to.equal(1));
  });

  it('does not keep the controller from ending', async () => {
    const { program } = the();
    mount('-o', 'remount,ro', program.dataDir);
    // It tells by its exit code that its files are still there, which is all that is left.
    expect(await program.stop('SIGTERM')).to.deep.equal({ code: 255, signal: null });
    expect(program.logLines().join('\n')).to.match(/E\d{4}.*cannot stop in order; .*read-only/);
  });
});

function mount(...words: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', words, { encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`mount ${words.join(' ')} failed: ${stderr}; run the feature tests as root`);
}

function listing(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

/** All that work for a program, or from its folder. */
function processesOf({ pid, dataDir }: Program): readonly number[] {
  const all = allProcesses();
  const parents = new Set([pid]);
  for (let size = 0; size !== parents.size;) {
    size = parents.size;
    for (const { pid: child, parent } of all) if (parents.has(parent)) parents.add(child);
  }
  return all
    .filter((info) => parents.has(info.pid) || info.command.includes(`${dataDir}/`))
    .map((info) => info.pid);
}
