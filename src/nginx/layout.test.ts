import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { expect } from 'chai';
import { makeFolder } from '../testing/builders/folder.ts';
import { prepareFolders } from './folders.ts';
import { imageLayout, layoutOf } from './layout.ts';

const texts = (value: object): readonly string[] =>
  Object.values(value).flatMap((entry: unknown) =>
    typeof entry === 'string' ? [entry] : texts(entry as object),
  );

describe('layout of files', () => {
  it('of a data folder lies in that folder, and names each place once', () => {
    const places = texts(layoutOf('/data/dir')).filter((path) => path !== '/dev/stdout' && path !== 'stderr');
    expect(places.filter((path) => !path.startsWith('/data/dir'))).to.deep.equal([]);
    expect(new Set(places).size).to.equal(places.length);
  });

  it('of the image has the paths that scripts know', () => {
    const layout = imageLayout();
    expect(layout).to.include({
      config: '/etc/nginx/nginx.conf',
      pid: '/tmp/nginx/nginx.pid',
      accessLog: '/var/log/nginx/access.log',
      errorLog: '/var/log/nginx/error.log',
      defaultCertificate: '/etc/ingress-controller/ssl/default-fake-certificate.pem',
    });
    expect(texts(layout).every((path) => isAbsolute(path))).to.equal(true);
  });

  it('is prepared with a folder for sockets that nobody else can enter', async () => {
    const folder = await makeFolder();
    try {
      const layout = layoutOf(folder.file('new/data'));
      await prepareFolders(layout);
      await prepareFolders(layout);
      expect((await stat(layout.runDir)).mode & 0o777).to.equal(0o700);
      for (const path of [layout.checkDir, ...Object.values(layout.temp)]) {
        expect((await stat(path)).isDirectory(), path).to.equal(true);
      }
    } finally {
      await folder.remove();
    }
  });

  it('is prepared without what a controller that was killed has left', async () => {
    const folder = await makeFolder();
    try {
      const layout = layoutOf(folder.file('data'));
      await prepareFolders(layout);
      await mkdir(join(layout.checkDir, 'candidate-1'));
      const left = ['nginx-cfg-1.conf', 'nginx-cfg-1.conf.log', 'candidate-1/nginx.conf'];
      for (const name of left) await writeFile(join(layout.checkDir, name), '');
      for (const path of [layout.quarantine, `${layout.quarantine}.new`]) await writeFile(path, '[]');
      await prepareFolders(layout);
      expect(await readdir(layout.checkDir)).to.deep.equal([]);
      expect(await readdir(layout.runDir)).to.deep.equal([]);
    } finally {
      await folder.remove();
    }
  });

  it('cannot be prepared under a file', async () => {
    const error = await prepareFolders(layoutOf('/dev/null/data')).then(
      () => '',
      (reason: unknown) => String(reason),
    );
    expect(error).to.include('/dev/null/data');
  });
});
