import { expect } from 'chai';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../harness/ports.ts';
import { runProgram } from '../harness/program.ts';
import { useStage } from '../harness/stage.ts';
import { writeSite } from './site.ts';

const FATAL = 255;

describe('refusal to start', () => {
  const the = useStage(async (stage) => {
    await writeSite(stage);
    return { program: await stage.start() };
  });

  /** Flags with which nothing but the thing under test is wrong. */
  async function goodFlags(): Promise<readonly string[]> {
    const { folder, manifests } = the().stage;
    const ports = ['http', 'https', 'healthz', 'status'];
    const flags = await Promise.all(ports.map(async (name) => `--${name}-port=${await freePort()}`));
    return [`--manifests=${manifests}`, `--data-dir=${join(folder, 'refused')}`, ...flags];
  }

  it('--version prints the release and nginx', async () => {
    const { code, stdout } = await runProgram(['--version']);
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/Release: +v\d+\.\d+\.\d+/)
      .and.match(/nginx\/\d+\.\d+/);
  });

  it('--help prints every group of flags', async () => {
    const { code, stdout } = await runProgram(['--help']);
    expect(code).to.equal(0);
    for (const flag of ['--http-port', '--manifests', '--watch-namespace', '--data-dir'])
      expect(stdout).to.include(flag);
  });

  const badLines: readonly (readonly [string, string, RegExp])[] = [
    ['an unknown flag', '--no-such-flag', /no-such-flag/],
    ['a bad number', '--http-port=eighty', /http-port/],
    ['a bad duration', '--sync-period=10', /sync-period/],
  ];
  for (const [what, flag, message] of badLines) {
    it(`${what} is a usage error`, async () => {
      const { code, stderr } = await runProgram([flag]);
      expect(code).to.equal(2);
      expect(stderr.split('\n')[0]).to.match(message);
    });
  }

  it('a folder in use is named, and who uses it', async () => {
    const { program } = the();
    const { code, stderr } = await runProgram([...(await goodFlags()), `--data-dir=${program.dataDir}`]);
    expect(code).to.equal(FATAL);
    expect(stderr).to.include(
      `the folder ${program.dataDir} is in use by another controller (process ${program.pid})`,
    );
    expect(stderr).to.include('--data-dir');
    expect((await program.http('a.test', '/')).echo().backend).to.equal('web');
  });

  for (const flag of ['http-port', 'https-port', 'healthz-port', 'status-port', 'default-server-port']) {
    it(`a busy --${flag} is named`, async () => {
      const port = await freePort();
      const server = createServer().listen(port, '127.0.0.1');
      try {
        const { code, stderr } = await runProgram([...(await goodFlags()), `--${flag}=${port}`]);
        expect(code).to.equal(FATAL);
        expect(stderr).to.match(new RegExp(`port ${port} is already in use;.*--${flag}`));
      } finally {
        server.close();
      }
    });
  }

  it('a busy --dashboard-address is named', async () => {
    const port = await freePort();
    const server = createServer().listen(port, '127.0.0.1');
    try {
      const flags = ['--dashboard', `--dashboard-address=127.0.0.1:${port}`];
      const { code, stderr } = await runProgram([...(await goodFlags()), ...flags]);
      expect(code).to.equal(FATAL);
      expect(stderr).to.match(new RegExp(`port ${port} is already in use;.*--dashboard-address`));
    } finally {
      server.close();
    }
  });

  it('two flags with one port are told apart', async () => {
    const port = await freePort();
    const { code, stderr } = await runProgram([
      ...(await goodFlags()),
      `--http-port=${port}`,
      `--https-port=${port}`,
    ]);
    expect(code).to.equal(FATAL);
    expect(stderr).to.include(String(port)).and.include('https-port');
  });

  it('a missing manifests folder is named', async () => {
    const missing = join(the().stage.folder, 'missing');
    const { code, stderr } = await runProgram([...(await goodFlags()), `--manifests=${missing}`]);
    expect(code).to.equal(FATAL);
    expect(stderr).to.include(missing);
  });

  it('a data folder that cannot be made is named', async () => {
    const file = join(the().stage.folder, 'file');
    writeFileSync(file, '');
    const { code, stderr } = await runProgram([...(await goodFlags()), `--data-dir=${file}/data`]);
    expect(code).to.equal(FATAL);
    expect(stderr).to.include(file);
  });

  it('a data folder with a path too long for sockets is refused', async () => {
    const long = join(the().stage.folder, 'x'.repeat(100));
    const { code, stderr } = await runProgram([...(await goodFlags()), `--data-dir=${long}`]);
    expect(code).to.equal(FATAL);
    expect(stderr).to.include('too long').and.include('--data-dir');
  });

  const programs: readonly (readonly [what: string, script: string | null, message: RegExp])[] = [
    [
      'without a Lua module',
      'echo "nginx version: nginx/1.22.1" >&2\necho "configure arguments: --modules-path=/nowhere" >&2',
      /no Lua module.*apt-get install.*libnginx-mod-http-lua/,
    ],
    ['that is something else', 'echo "hello"', /is not an nginx.*apt-get install/],
    ['that does not exist', null, /is not an nginx.*apt-get install/],
  ];
  for (const [what, script, message] of programs) {
    it(`an nginx ${what} is refused with what to install`, async () => {
      const bin = join(the().stage.folder, 'bin');
      mkdirSync(bin, { recursive: true });
      const path = join(bin, script === null ? 'none' : 'nginx');
      if (script !== null) {
        writeFileSync(path, `#!/bin/sh\n${script}\n`);
        chmodSync(path, 0o755);
      }
      const { code, stderr } = await runProgram(await goodFlags(), { env: { NGINX_BINARY: path } });
      expect(code).to.equal(FATAL);
      expect(stderr).to.match(message);
    });
  }

  it('a low port without the right to it is refused with what to do', async () => {
    const { folder } = the().stage;
    const data = join(folder, 'low');
    mkdirSync(data);
    chmodSync(data, 0o777);
    const { code, stderr } = await runProgram(
      [...(await goodFlags()), '--http-port=81', `--data-dir=${data}`],
      { user: 65_534 },
    );
    expect(code).to.equal(FATAL);
    expect(stderr).to.match(/no permission to listen on port 81.*--http-port/);
  });
});
