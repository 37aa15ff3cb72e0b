import { spawn } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';

describe('end of the process', () => {
  let folder: Folder;
  before(async () => {
    folder = await makeFolder();
    execFileSync('mkfifo', [folder.file('disk')]);
  });
  after(() => folder.remove());

  async function endOf(script: string) {
    const source = `import { exitNow, exitSoon } from ${JSON.stringify(join(import.meta.dirname, 'exit.ts'))};
      import { writeFile } from 'node:fs/promises';
      const disk = ${JSON.stringify(folder.file('disk'))};
      ${script}`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', source], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', NODE_NO_WARNINGS: '0' },
      timeout: 10_000,
      killSignal: 'SIGKILL',
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (said += data.toString()));
    const started = performance.now();
    const end = await new Promise((resolve) =>
      child.once('close', (code, signal) => resolve({ code, signal })),
    );
    return {
      end,
      said: said.replaceAll(/.*(?:ExperimentalWarning|--trace-warnings).*\n/g, '@'),
      took: performance.now() - started,
    };
  }

  const waits = 'void writeFile(disk, "x"); await new Promise((resolve) => setTimeout(resolve, 100));';
  for (const [what, script] of [
    ['exitNow', `${waits} exitNow(7);`],
    ['exitSoon', `${waits} await exitSoon(7);`],
  ] as const)
    it(`${what} gives its code while a thread waits for a disk`, async () => {
      const { end, said, took } = await endOf(`console.log('before'); ${script}`);
      expect({ end, said }).to.deep.equal({ end: { code: 7, signal: null }, said: 'before\n' });
      expect(took).to.be.below(8000);
    });

  it('is the usual one otherwise', async () => {
    const { end, said } = await endOf(`process.on('exit', () => console.log('usual')); await exitSoon(3);`);
    expect({ end, said }).to.deep.equal({ end: { code: 3, signal: null }, said: 'usual\n' });
  });
});
