import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { arrangeAccess, isEnterable } from './access.ts';

describe('access of workers', () => {
  let folder: Folder;
  let luaDir: string;
  let dataDir: string;
  beforeEach(async () => {
    folder = await makeFolder();
    await chmod(folder.path, 0o755);
    luaDir = folder.file('lua-source');
    dataDir = folder.file('data');
    await mkdir(join(luaDir, 'tidegate'), { recursive: true });
    await writeFile(join(luaDir, 'tidegate', 'live.lua'), 'return {}');
    await mkdir(dataDir);
  });
  afterEach(() => folder.remove());

  it('is by the modes of a folder and all above it', async () => {
    expect(await isEnterable('/')).to.equal(true);
    expect(await isEnterable(luaDir)).to.equal(true);
    await chmod(luaDir, 0o700);
    expect(await isEnterable(luaDir)).to.equal(false);
    expect(await isEnterable(join(luaDir, 'tidegate'))).to.equal(false);
    expect(await isEnterable(dataDir)).to.equal(true);
  });

  it('needs nothing when workers have the user of the master', async () => {
    await chmod(luaDir, 0o700);
    await chmod(dataDir, 0o700);
    expect(await arrangeAccess({ luaDir, dataDir, user: null })).to.deep.equal({
      luaDir,
      user: null,
      warning: null,
    });
  });

  it('needs nothing when everybody may read', async () => {
    const expected = { luaDir, user: 'www-data', warning: null };
    expect(await arrangeAccess({ luaDir, dataDir, user: 'www-data' })).to.deep.equal(expected);
  });

  it('copies the Lua files to the data folder when theirs is closed', async () => {
    await chmod(luaDir, 0o700);
    const copy = join(dataDir, 'lua');
    for (const round of [1, 2]) {
      const expected = { luaDir: copy, user: 'www-data', warning: null };
      expect(await arrangeAccess({ luaDir, dataDir, user: 'www-data' }), `round ${round}`).to.deep.equal(
        expected,
      );
    }
    expect(await readFile(join(copy, 'tidegate', 'live.lua'), 'utf8')).to.equal('return {}');
    expect((await stat(copy)).mode & 0o777).to.equal(0o755);
    expect(await isEnterable(copy)).to.equal(true);
  });

  it('leaves workers to root when the data folder is closed, and says so', async () => {
    await chmod(dataDir, 0o700);
    const access = await arrangeAccess({ luaDir, dataDir, user: 'www-data' });
    expect(access).to.include({ luaDir, user: 'root' });
    expect(access.warning).to.include(dataDir).and.include('--data-dir');
  });
});
