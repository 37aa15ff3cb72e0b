import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { secretFile, sideFile } from '../model/side-files.ts';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { layoutOf } from './layout.ts';
import type { Layout } from './layout.ts';
import { removeUnusedSideFiles, sidePath, writeSideFiles } from './side-files.ts';

describe('files that nginx reads besides its configuration', () => {
  let folder: Folder;
  let layout: Layout;
  beforeEach(async () => {
    folder = await makeFolder();
    layout = layoutOf(folder.file('data'));
    await mkdir(layout.secretFiles, { recursive: true });
  });
  afterEach(() => folder.remove());

  const key = sideFile(Buffer.from('key'), '.key');
  const authority = secretFile('default-ca', 'PEM');
  const names = async () =>
    (await readdir(layout.secretFiles, { recursive: true })).filter((name) => /\.\w+$/.test(name)).sort();

  it('are called after what they hold, or after their Secret', async () => {
    await writeSideFiles(layout, [key, authority, key]);
    expect(await names()).to.deep.equal(['default-ca.pem', `files/${key.name}`]);
    expect(await readFile(sidePath(layout, key), 'utf8')).to.equal('key');
    expect(await readFile(sidePath(layout, authority), 'utf8')).to.match(/^Written by .*\nPEM$/);
    expect(sidePath(layout, null)).to.equal('');
  });

  it('from Secrets are replaced when they hold something else', async () => {
    await writeSideFiles(layout, [authority]);
    await writeSideFiles(layout, [secretFile('default-ca', 'NEXT')]);
    expect(await readFile(sidePath(layout, authority), 'utf8')).to.match(/NEXT$/);
  });

  it('go when nobody needs them any more; files of others stay', async () => {
    await writeFile(join(layout.secretFiles, 'mounted.pem'), 'of somebody else');
    await writeFile(layout.defaultCertificate, 'the default certificate');
    await writeSideFiles(layout, [key, authority, secretFile('default-other', 'PEM')]);
    await removeUnusedSideFiles(layout, [authority]);
    expect(await names()).to.deep.equal(['default-ca.pem', 'default-fake-certificate.pem', 'mounted.pem']);
    await removeUnusedSideFiles(layout, []);
    expect(await names()).to.deep.equal(['default-fake-certificate.pem', 'mounted.pem']);
  });
});
