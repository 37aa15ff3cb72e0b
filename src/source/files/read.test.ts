import { chmod } from 'node:fs/promises';
import { relative } from 'node:path';
import { expect } from 'chai';
import { asOrdinaryUser, type Folder, makeFolder, removeFolder, service } from './fixture.ts';
import { describeFault } from './placed.ts';
import { readManifests } from './read.ts';

describe('reading manifests once', () => {
  let folder: Folder;
  beforeEach(async () => (folder = await makeFolder()));
  afterEach(() => removeFolder(folder));

  it('gives objects with their places, in path order', async () => {
    await folder.write('b.yaml', `# two\n${service('b')}`);
    await folder.write('a/z.yaml', service('z'));
    await folder.write('a.yaml', `${service('a')}---\n${service('b')}`);
    const { objects, faults } = await readManifests([folder.path]);
    const shown = objects.map(
      ({ object, origin }) => `${object.metadata.name} ${origin.file}:${origin.line}`,
    );
    expect(shown).to.deep.equal([
      `a ${folder.at('a.yaml')}:1`,
      `b ${folder.at('a.yaml')}:3`,
      `z ${folder.at('a/z.yaml')}:1`,
    ]);
    expect(faults.map(describeFault)).to.deep.equal([
      `${folder.at('b.yaml')}:2: Service default/b is already defined in ${folder.at('a.yaml')}, and that definition is used; delete or rename one of the two`,
    ]);
    expect(objects[0]?.origin.lineOf('spec.clusterIP')).to.equal(1);
  });

  it('reports what cannot be read and goes on', async () => {
    await folder.write('a.yaml', service('a'));
    await folder.write('b.yaml', service('b'));
    await folder.write('c/c.yaml', service('c'));
    await chmod(folder.path, 0o755);
    await chmod(folder.at('a.yaml'), 0);
    await chmod(folder.at('c'), 0);
    await asOrdinaryUser(async () => {
      const { objects, faults } = await readManifests([folder.path]);
      expect(objects.map(({ object }) => object.metadata.name)).to.deep.equal(['b']);
      expect(faults.map(({ file, code }) => [file, code])).to.deep.equal([
        [folder.at('c'), 'unreadable'],
        [folder.at('a.yaml'), 'unreadable'],
      ]);
    });
    await chmod(folder.at('c'), 0o700);
  });

  it('understands relative paths', async () => {
    await folder.write('a.yaml', service('a'));
    const { objects } = await readManifests([`${relative(process.cwd(), folder.path)}/`]);
    expect(objects).to.have.length(1);
  });

  it('keeps path order across kinds', async () => {
    await folder.write('a.yaml', service('a'));
    await folder.write('b.yaml', '{apiVersion: v1, kind: Secret, metadata: {name: b}}');
    await folder.write('c.yaml', service('c'));
    const { objects } = await readManifests([folder.path]);
    expect(objects.map(({ object }) => object.metadata.name)).to.deep.equal(['a', 'b', 'c']);
  });

  it('throws for a path that does not exist', async () => {
    const error = await readManifests([folder.at('x')]).catch((reason: unknown) => reason);
    expect(String(error)).to.contain('does not exist');
  });
});
