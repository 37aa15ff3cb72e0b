import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { confineProgram } from '../testing/builders/compiled.ts';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { openSandbox, sandboxLevels } from './sandbox.ts';
import type { Sandbox, SandboxLevel } from './sandbox.ts';

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
const opened: Sandbox[] = [];
afterEach(async () => {
  for (const sandbox of opened.splice(0)) await sandbox.close();
  await folder.remove();
});

async function open(
  level: SandboxLevel,
  more: { timeout?: number; hidden?: readonly string[] } = {},
): Promise<Sandbox> {
  const sandbox = await openSandbox({
    folder: folder.path,
    hidden: [],
    confine: confineProgram(),
    ...more,
    levels: [level],
  });
  if (sandbox === null) throw new Error(`${level} cannot be had here; run the tests as root`);
  opened.push(sandbox);
  return sandbox;
}

/** What a script writes, and how it ends. */
const run = (sandbox: Sandbox, script: string) =>
  sandbox.run(['sh', '-c', `exec 1>&2; ${script}`], folder.path);

for (const level of sandboxLevels) {
  describe(`sandbox with ${level}`, () => {
    it('gives the code and the words of a program that runs in its folder', async () => {
      const sandbox = await open(level);
      expect(sandbox.level).to.equal(level);
      expect(await run(sandbox, 'pwd; exit 3')).to.deep.equal({
        code: 3,
        output: `${folder.path}\n`,
        exceeded: false,
      });
    });

    it('passes on no variable, no input and none of the open files that it could', async () => {
      process.env['SANDBOX_SECRET'] = 'secret';
      const file = openSync(folder.file('open'), 'w');
      const { output } = await run(
        await open(level),
        `env; cat; for n in 0 1 2 3 4 5 6 7 8 9; do (: >&$n) 2>/dev/null && echo $n; done`,
      );
      closeSync(file);
      delete process.env['SANDBOX_SECRET'];
      expect(output).to.not.include('secret');
      const words = output.split('\n');
      expect(
        words.filter((word) => /^[A-Z_]+=/.test(word)).map((word) => word.split('=')[0]),
      ).to.have.members(['PATH', 'PWD']);
      expect(words.filter((word) => /^\d$/.test(word))).to.deep.equal(['0', '1', '2']);
    });

    it('limits CPU time, memory, files and what is open', async () => {
      const { output } = await run(
        await open(level),
        'ulimit -t; ulimit -v; ulimit -f; ulimit -n; ulimit -c',
      );
      expect(output.split('\n').slice(0, 5)).to.deep.equal(['4', '524288', '32768', '256', '0']);
      const large = await run(await open(level), 'yes | head -c 20000000 > large; echo "$?"; wc -c < large');
      expect(large.output).to.match(/153|File size limit|too large/);
      expect(Number(large.output.trim().split('\n').at(-1))).to.be.at.most(16 * 2 ** 20);
    });

    it('ends a program that takes too long, with all that it has started', async () => {
      // Long enough for a busy machine to start something, and far below the hundred seconds.
      const sandbox = await open(level, { timeout: 2000 });
      const alive = folder.file('alive');
      const script = `(while :; do date +%N > ${alive}; sleep 0.02; done) & sleep 100`;
      expect(await run(sandbox, script)).to.include({ exceeded: true });
      const last = readFileSync(alive, 'utf8');
      await setTimeout(150);
      expect(readFileSync(alive, 'utf8')).to.equal(last);
    }).timeout(60_000);

    it('keeps the beginning of endless output only', async () => {
      const { output } = await run(await open(level), 'yes | head -c 3000000');
      expect(output).to.have.length(64 * 1024);
    });

    it('says what is wrong with a program that does not exist', async () => {
      const { code, output, exceeded } = await (await open(level)).run(['/no/such/program'], folder.path);
      expect(code).to.not.equal(0);
      expect(exceeded).to.equal(false);
      expect(output).to.include('/no/such/program');
    });
  });
}

describe('sandbox', () => {
  for (const level of sandboxLevels) {
    it(`with ${level} leaves no capability and no way to get one`, async () => {
      const { output } = await run(await open(level), 'setpriv --dump');
      expect(output)
        .to.match(/no_new_privs: 1/)
        .and.match(/Inheritable capabilities: \[none\]/)
        .and.match(/Capability bounding set: \[none\]/);
    });
  }

  for (const level of sandboxLevels) {
    it(`with ${level} reaches no port of this machine`, async () => {
      let connections = 0;
      const server = createServer((socket) => {
        connections++;
        socket.destroy();
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as AddressInfo;
      const connect = `exec 3<>/dev/tcp/127.0.0.1/${port} && echo connected`;
      const { output } = await run(await open(level), `bash -c '${connect}'`);
      expect({ isConnected: output.includes('connected'), connections }).to.deep.equal({
        isConnected: false,
        connections: 0,
      });
      expect(execFileSync('bash', ['-c', connect], { encoding: 'utf8' })).to.equal('connected\n');
      server.close();
    });
  }

  describe('with Landlock', () => {
    it('reads no file of others, no process, and signals nobody', async () => {
      const secret = folder.file('secret');
      writeFileSync(secret, 'SECRET');
      mkdirSync(folder.file('own'));
      const sandbox = await open('landlock');
      const script = `cat ${secret}; cat /proc/${process.pid}/environ; ls /; kill -0 ${process.pid} && echo signalled; echo x > file && cat file`;
      const { output } = await sandbox.run(['sh', '-c', `exec 1>&2; ${script}`], folder.file('own'));
      expect(output).to.not.match(/SECRET|PATH=|etc|signalled/);
      expect(output.match(/Permission denied/g)).to.have.length(3);
      expect(output).to.match(/\nx\n$/);
    });
  });

  describe('with namespaces', () => {
    it('sees no process, not even itself', async () => {
      const { output } = await run(await open('namespaces'), 'echo $$; ls -A /proc | wc -l');
      const [pid, entries] = output.split('\n').map(Number);
      expect(pid).to.be.below(10);
      expect(entries).to.equal(0);
    });

    it('sees nothing in hidden folders, and mounts nothing outside', async () => {
      const hidden = folder.file('secrets');
      mkdirSync(hidden);
      writeFileSync(`${hidden}/token`, 'SECRET');
      const sandbox = await open('namespaces', { hidden: [hidden, folder.file('none')] });
      const { output } = await run(sandbox, `ls -A ${hidden}; cat ${hidden}/token; echo x > ${hidden}/new`);
      expect(output).to.not.include('SECRET');
      expect(output)
        .to.include('No such file')
        .and.match(/Read-only|cannot create/);
      expect(readFileSync(`${hidden}/token`, 'utf8')).to.equal('SECRET');
      expect(readFileSync('/proc/self/mounts', 'utf8')).to.not.include(hidden);
    });
  });

  it('takes the best level that works, and none when none does', async () => {
    const path = process.env['PATH'] ?? '';
    writeFileSync(folder.file('unshare'), '#!/bin/false\n');
    chmodSync(folder.file('unshare'), 0o755);
    const levels: (string | undefined)[] = [];
    const take = async (confine: string | null) => {
      const sandbox = await openSandbox({ folder: folder.path, hidden: [], confine });
      levels.push(sandbox?.level);
      await sandbox?.close();
    };
    await take(confineProgram());
    process.env['PATH'] = `${folder.path}:${path}`;
    try {
      for (const confine of [confineProgram(), '/bin/false', null]) await take(confine);
    } finally {
      process.env['PATH'] = path;
    }
    expect(levels).to.deep.equal(['namespaces', 'landlock', undefined, undefined]);
  });
});
