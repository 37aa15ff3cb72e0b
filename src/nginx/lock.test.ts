import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { acquireLock } from './lock.ts';

async function startTimeOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

describe('lock of a data folder', () => {
  let folder: Folder;
  let path: string;
  beforeEach(async () => {
    folder = await makeFolder();
    path = folder.file('deep/er/tidegate.lock');
  });
  afterEach(() => folder.remove());

  it('is had by one, and can be had again once it is released', async () => {
    const lock = await acquireLock(path);
    expect(await readFile(path, 'utf8')).to.equal(`${process.pid} ${await startTimeOf(process.pid)}`);
    await lock.release();
    expect(existsSync(path)).to.equal(false);
    await (await acquireLock(path)).release();
  });

  it('is refused while another process has it, in words that say what to do', async () => {
    const other = spawn('sleep', ['60'], { stdio: 'ignore' });
    try {
      const pid = other.pid ?? 0;
      await acquireLock(path);
      await writeFile(path, `${pid} ${await startTimeOf(pid)}`);
      const error = await acquireLock(path).then(
        () => '',
        (reason: unknown) => String(reason),
      );
      expect(error)
        .to.include(`process ${pid}`)
        .and.include('--data-dir')
        .and.include(folder.file('deep/er'));
    } finally {
      other.kill('SIGKILL');
    }
  });

  for (const [name, content] of [
    ['a process that is gone', `${2 ** 22 + 1} 12345`],
    ['a process whose number another has now', '1 1'],
    ['an empty file', ''],
    ['nonsense', 'x y z'],
  ] as const) {
    it(`is taken over from ${name}`, async () => {
      const first = await acquireLock(path);
      await writeFile(path, content);
      const lock = await acquireLock(path);
      expect(await readFile(path, 'utf8')).to.match(new RegExp(`^${process.pid} `));
      await lock.release();
      await first.release();
    });
  }
});
