import { expect } from 'chai';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { eventually } from '../testing/fake-api/support.ts';
import { processInfo } from '../testing/harness/processes.ts';
import { createHelper } from './helper.ts';
import type { Helper } from './helper.ts';

/** Shells that wait for lines, as children of this process. */
function shells(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
        return (
          parent === String(process.pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('IFS= read')
        );
      } catch {
        return false;
      }
    });
}

describe('helper', () => {
  let folder: Folder;
  let helper: Helper;
  beforeEach(async () => {
    folder = await makeFolder();
    helper = createHelper();
  });
  afterEach(async () => {
    await helper.close();
    expect(shells()).to.deep.equal([]);
    await folder.remove();
  });

  const run = (script: string, timeout = 5000) =>
    helper.run(['sh', '-c', `exec 1>&2; ${script}`], { folder: folder.path, timeout });

  it('tells codes and words, and leaves no file', async () => {
    expect(await run('echo words; exit 7')).to.deep.equal({ code: 7, output: 'words\n' });
    expect(await run('kill -TERM $$')).to.deep.equal({ code: 143, output: '' });
    expect(readdirSync(folder.path)).to.deep.equal([]);
  });

  it('takes words with any signs', async () => {
    const words = ["it's", '$HOME `id` "x"', '; exit 1', '*'];
    const { output } = await helper.run(['sh', '-c', 'printf "%s\\n" "$@" >&2', 'sh', ...words], {
      folder: folder.path,
      timeout: 1000,
    });
    expect(output.trim().split('\n')).to.deep.equal(words);
  });

  it('starts one shell for all, which keeps many apart', async () => {
    const folders = await Promise.all(Array.from({ length: 30 }, () => makeFolder()));
    const answers = await Promise.all(
      folders.map(({ path }, index) =>
        helper.run(['sh', '-c', `echo ${index} >&2; exit ${index}`], { folder: path, timeout: 5000 }),
      ),
    );
    expect(answers).to.deep.equal(folders.map((_, index) => ({ code: index, output: `${index}\n` })));
    expect(shells()).to.have.length(1);
    for (const each of folders) await each.remove();
  });

  it('starts another shell when its own has ended', async () => {
    await run('true');
    const [first = 0] = shells();
    const lost = run('sleep 30', 500);
    process.kill(first, 'SIGKILL');
    await eventually(() => expect(shells()).to.not.include(first));
    expect((await lost).code).to.be.oneOf([null, 137]);
    expect((await run('exit 5')).code).to.equal(5);
    expect(shells()).to.not.include(first);
  });

  it('kills what still runs when it is closed, stopped or not, and starts nothing more', async () => {
    const pid = folder.file('pid');
    for (const body of ['sleep 30', 'kill -STOP $$']) {
      helper = createHelper();
      const job = run(`echo $$ > ${pid}; ${body}`, 60_000);
      await eventually(() => expect(readFileSync(pid, 'utf8')).to.match(/^\d+\n$/));
      const started = performance.now();
      await helper.close();
      expect((await job).code).to.equal(null);
      expect(performance.now() - started).to.be.below(2000);
      expect(processInfo(Number(readFileSync(pid, 'utf8')))).to.equal(undefined);
      expect(await run(`echo later > ${folder.file('later')}`)).to.deep.equal({ code: null, output: '' });
      expect(existsSync(folder.file('later'))).to.equal(false);
      rmSync(pid);
    }
  });

  it('leaves no dead processes behind', async () => {
    for (let index = 0; index < 40; index++) await run('true');
    const [shell = 0] = shells();
    const children = readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim().split(/\s+/);
    expect(children.length).to.be.below(5);
  });
});
