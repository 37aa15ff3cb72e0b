import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { silentLogger } from '../../lib/log.ts';
import type { Source } from '../sink.ts';
import {
  asOrdinaryUser,
  eventually,
  type Folder,
  makeFolder,
  type RecordingSink,
  recordingSink,
  removeFolder,
  service,
} from './fixture.ts';
import { describeFault, type Fault } from './placed.ts';
import { allKinds } from './publish.ts';
import { readManifests } from './read.ts';
import { startFileSource } from './watch.ts';

describe('file source', () => {
  let folder: Folder;
  let sink: RecordingSink;
  let faults: Fault[];
  let sources: Source[];

  beforeEach(async () => {
    folder = await makeFolder();
    sink = recordingSink();
    faults = [];
    sources = [];
  });

  afterEach(async () => {
    await Promise.all(sources.map((source) => source.stop()));
    await removeFolder(folder);
  });

  async function start(...directories: readonly string[]): Promise<void> {
    const onFault = (fault: Fault): void => void faults.push(fault);
    const given = directories.length > 0 ? directories : [folder.path];
    sources.push(await startFileSource({ directories: given, sink, log: silentLogger, onFault }));
  }

  const shows = (wanted: string): Promise<void> => eventually(() => sink.services(), wanted);
  const told = (count: number): Promise<void> => eventually(() => faults.length, count);

  it('gives every kind once at the start', async () => {
    await folder.write('a.yaml', service('a'));
    await folder.write('deep/er/b.json', '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"b"}}');
    await folder.write('c.yml', service('c'));
    await folder.write('notes.txt', service('d'));
    await folder.write('.hidden.yaml', service('e'));
    await folder.write('.git/f.yaml', service('f'));
    await start();
    expect(sink.calls).to.have.members(allKinds.map((kind) => `replace ${kind}`));
    expect([...sink.objects.keys()]).to.have.members([
      'Service default/a',
      'Service default/c',
      'Secret default/b',
    ]);
    expect(faults).to.deep.equal([]);
  });

  it('refuses to start without its folder', async () => {
    const error = await start(folder.at('missing')).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error);
    expect(String(error)).to.match(/--manifests: .*missing does not exist; give a folder/);
  });

  it('follows edits, and tells only what changed', async () => {
    await folder.write('a.yaml', `${service('a')}---\n${service('b')}`);
    await start();
    const before = sink.objects.get('Service default/a');
    await folder.write('a.yaml', `${service('a')}---\n${service('b', '10.0.0.2')}`);
    await shows('a=10.0.0.1 b=10.0.0.2');
    await folder.write('a.yaml', `# moved\n${service('a')}---\n${service('b', '10.0.0.3')}`);
    await shows('a=10.0.0.1 b=10.0.0.3');
    expect(sink.objects.get('Service default/a')).to.equal(before);
    expect(sink.calls.filter((call) => !call.startsWith('replace'))).to.deep.equal([
      'put Service default/b',
      'put Service default/b',
    ]);
  });

  it('follows new files, atomic replacement, renames and deletion', async () => {
    await start();
    await folder.write('a.yaml', service('a'));
    await shows('a=10.0.0.1');
    await folder.swap('a.yaml', service('a', '10.0.0.2'));
    await shows('a=10.0.0.2');
    await rename(folder.at('a.yaml'), folder.at('b.yaml'));
    await folder.write('c.yaml', service('c'));
    await shows('a=10.0.0.2 c=10.0.0.1');
    await unlink(folder.at('b.yaml'));
    await shows('c=10.0.0.1');
    expect(sink.calls.filter((call) => call.endsWith('/a'))).to.deep.equal([
      'put Service default/a',
      'put Service default/a',
      'remove Service default/a',
    ]);
  });

  it('follows sub-folders that come, move and go', async () => {
    await folder.write('z.yaml', service('z'));
    await start();
    await folder.write('sub/deep/a.yaml', service('a'));
    await shows('a=10.0.0.1 z=10.0.0.1');
    await folder.write('sub/deep/a.yaml', service('a', '10.0.0.2'));
    await shows('a=10.0.0.2 z=10.0.0.1');
    await rename(folder.at('sub'), folder.at('moved'));
    await folder.write('moved/deep/b.yaml', service('b'));
    await shows('a=10.0.0.2 b=10.0.0.1 z=10.0.0.1');
    await folder.write('moved/deep/b.yaml', service('b', '10.0.0.2'));
    await shows('a=10.0.0.2 b=10.0.0.2 z=10.0.0.1');
    await rm(folder.at('moved'), { recursive: true });
    await shows('z=10.0.0.1');
  });

  it('sees the last of many quick writes', async () => {
    await folder.write('a.yaml', service('a'));
    await start();
    for (let round = 0; round < 60; round += 1) {
      await folder.write('a.yaml', service('a', `10.0.1.${100 + round}`));
      if (round % 7 === 0) await new Promise((resolve) => setTimeout(resolve, round / 2));
    }
    await shows('a=10.0.1.159');
  });

  it('keeps the last good content of a file that does not parse', async () => {
    await folder.write('a.yaml', service('a'));
    await folder.write('b.yaml', service('b'));
    await start();
    await folder.write('a.yaml', `${service('a', '10.0.0.2')}spec: [`);
    await told(1);
    expect(faults.map(describeFault)[0]).to.match(/a\.yaml:\d: this is not valid YAML: /);
    await folder.write('b.yaml', service('b', '10.0.0.2'));
    await shows('a=10.0.0.1 b=10.0.0.2');
    await folder.write('a.yaml', service('a', '10.0.0.3'));
    await shows('a=10.0.0.3 b=10.0.0.2');
    expect(faults).to.have.length(1);
  });

  it('keeps the last good version of a bad object and applies the rest', async () => {
    await folder.write('a.yaml', `${service('a')}---\n${service('b')}`);
    await start();
    await folder.write('a.yaml', `${service('a', '5')}---\n${service('b', '10.0.0.2')}---\n${service('c')}`);
    await shows('a=10.0.0.1 b=10.0.0.2 c=10.0.0.1');
    expect(faults.map(({ line, reason }) => [line, reason])).to.deep.equal([
      [1, 'Service default/a: spec.clusterIP must be text but is read as a number; put it in quotes'],
    ]);
  });

  it('lets the first file win, reports the second once, and falls back to it', async () => {
    await folder.write('a.yaml', service('x'));
    await folder.write('b.yaml', service('x', '10.0.0.2'));
    await start();
    expect(sink.services()).to.equal('x=10.0.0.1');
    expect(faults.map(({ code, file }) => [code, file])).to.deep.equal([['duplicate', folder.at('b.yaml')]]);
    await folder.write('b.yaml', `# moved\n${service('x', '10.0.0.3')}---\n${service('y')}`);
    await shows('x=10.0.0.1 y=10.0.0.1');
    expect(faults).to.have.length(1);
    await unlink(folder.at('a.yaml'));
    await shows('x=10.0.0.3 y=10.0.0.1');
    await folder.write('a.yaml', service('x'));
    await shows('x=10.0.0.1 y=10.0.0.1');
    expect(faults).to.have.length(2);
  });

  it('believes an empty file only after a while', async () => {
    await folder.write('a.yaml', service('a'));
    await folder.write('b.yaml', service('b'));
    await start();
    for (let round = 0; round < 3; round += 1) {
      await truncate(folder.at('a.yaml'));
      await new Promise((resolve) => setTimeout(resolve, 50));
      await folder.write('a.yaml', service('a', `10.0.0.${round}`));
      await shows(`a=10.0.0.${round} b=10.0.0.1`);
    }
    expect(sink.calls.filter((call) => call.startsWith('remove'))).to.deep.equal([]);
    const since = Date.now();
    await truncate(folder.at('a.yaml'));
    await shows('b=10.0.0.1');
    expect(Date.now() - since).to.be.greaterThan(95);
  });

  it('believes that the last file is gone', async () => {
    await folder.write('a.yaml', service('a'));
    await start();
    await unlink(folder.at('a.yaml'));
    await shows('');
    await folder.write('a.yaml', service('a', '10.0.0.2'));
    await shows('a=10.0.0.2');
  });

  it('keeps everything when the folder vanishes, and follows it when it is back', async () => {
    await folder.write('in/a.yaml', service('a'));
    await start(folder.at('in'));
    await rm(folder.at('in'), { recursive: true });
    await told(1);
    expect(faults.map(describeFault)).to.deep.equal([
      `${folder.at('in')}: the folder is gone; what was read from it stays in force until it is back`,
    ]);
    expect(sink.services()).to.equal('a=10.0.0.1');
    await folder.write('in/b.yaml', service('b'));
    await shows('b=10.0.0.1');
    await folder.write('in/b.yaml', service('b', '10.0.0.2'));
    await shows('b=10.0.0.2');
    expect(faults).to.have.length(1);
  });

  it('follows a mounted ConfigMap', async () => {
    const generation = async (name: string, address: string): Promise<void> => {
      await folder.write(`in/..${name}/a.yaml`, service('a', address));
      await folder.write(`in/..${name}/sub/b.yaml`, service('b', address));
      await symlink(`..${name}`, folder.at('in/..data_tmp'));
      await rename(folder.at('in/..data_tmp'), folder.at('in/..data'));
    };
    await generation('one', '10.0.0.1');
    await symlink('..data/a.yaml', folder.at('in/a.yaml'));
    await symlink('..data/sub', folder.at('in/sub'));
    await start(folder.at('in'));
    expect(sink.services()).to.equal('a=10.0.0.1 b=10.0.0.1');
    for (const [name, address, old] of [
      ['two', '10.0.0.2', 'one'],
      ['three', '10.0.0.3', 'two'],
    ] as const) {
      await generation(name, address);
      await rm(folder.at(`in/..${old}`), { recursive: true });
      await shows(`a=${address} b=${address}`);
    }
    expect(faults).to.deep.equal([]);
    expect(sink.calls.filter((call) => call.startsWith('remove'))).to.deep.equal([]);
  });

  it('follows a single file of a mounted ConfigMap', async () => {
    await folder.write('..one/a.yaml', service('a'));
    await symlink('..one', folder.at('..data'));
    await symlink('..data/a.yaml', folder.at('a.yaml'));
    await folder.write('other.yaml', service('other'));
    await start(folder.at('a.yaml'));
    expect(sink.services()).to.equal('a=10.0.0.1');
    await folder.write('..two/a.yaml', service('a', '10.0.0.2'));
    await symlink('..two', folder.at('..tmp'));
    await rename(folder.at('..tmp'), folder.at('..data'));
    await shows('a=10.0.0.2');
  });

  it('follows single files that are edited, replaced and deleted', async () => {
    await folder.write('a.txt', service('a'));
    await folder.write('b.yaml', service('b'));
    await start(folder.at('a.txt'));
    expect(sink.services()).to.equal('a=10.0.0.1');
    await folder.write('a.txt', service('a', '10.0.0.2'));
    await shows('a=10.0.0.2');
    await folder.swap('a.txt', service('a', '10.0.0.3'));
    await shows('a=10.0.0.3');
    await unlink(folder.at('a.txt'));
    await shows('');
    await folder.write('a.txt', service('a', '10.0.0.4'));
    await shows('a=10.0.0.4');
  });

  it('follows links that lead elsewhere and counts each file once', async () => {
    await folder.write('store/a.yaml', service('a'));
    await folder.write('store/more/b.yaml', service('b'));
    await mkdir(folder.at('in'));
    await symlink(folder.at('store/a.yaml'), folder.at('in/1.yaml'));
    await symlink('../store/a.yaml', folder.at('in/2.yaml'));
    await symlink('../store/more', folder.at('in/more'));
    await symlink('..', folder.at('store/more/loop'));
    await symlink('nowhere', folder.at('in/dangling.yaml'));
    await start(folder.at('in'));
    expect(sink.services()).to.equal('a=10.0.0.1 b=10.0.0.1');
    expect(faults).to.deep.equal([]);
    await folder.write('store/a.yaml', service('a', '10.0.0.2'));
    await shows('a=10.0.0.2 b=10.0.0.1');
    await folder.write('store/more/b.yaml', service('b', '10.0.0.2'));
    await shows('a=10.0.0.2 b=10.0.0.2');
  });

  it('reads several paths in the given order, overlapping ones once', async () => {
    await folder.write('z/a.yaml', service('x'));
    await folder.write('b/a.yaml', service('x', '10.0.0.2'));
    await start(folder.at('z'), folder.at('b'), folder.at('z/a.yaml'));
    expect(sink.services()).to.equal('x=10.0.0.1');
    expect(faults.map(({ file }) => file)).to.deep.equal([folder.at('b/a.yaml')]);
    await folder.write('z/a.yaml', service('x', '10.0.0.3'));
    await shows('x=10.0.0.3');
  });

  it('keeps the last content of files and folders that become unreadable', async () => {
    await folder.write('a.yaml', service('a'));
    await folder.write('sub/b.yaml', service('b'));
    await folder.write('c.yaml', service('c'));
    await chmod(folder.path, 0o755);
    await start();
    // Without a pause, so that nothing is read before the user has changed.
    writeFileSync(folder.at('a.yaml'), service('a', '10.0.0.2'));
    chmodSync(folder.at('a.yaml'), 0);
    chmodSync(folder.at('sub'), 0);
    renameSync(folder.at('c.yaml'), folder.at('d.yaml'));
    await asOrdinaryUser(async () => {
      await told(2);
      expect(faults.map(({ file }) => file)).to.have.members([folder.at('a.yaml'), folder.at('sub')]);
      expect(sink.services()).to.equal('a=10.0.0.1 b=10.0.0.1 c=10.0.0.1');
    });
    await chmod(folder.at('a.yaml'), 0o644);
    await chmod(folder.at('sub'), 0o755);
    await folder.write('d.yaml', service('d'));
    await shows('a=10.0.0.2 b=10.0.0.1 d=10.0.0.1');
  });

  it('follows relative paths and links to folders', async () => {
    await folder.write('in/a.yaml', service('a'));
    await symlink('in', folder.at('link'));
    await start(`${relative(process.cwd(), folder.at('link'))}/`);
    expect(sink.services()).to.equal('a=10.0.0.1');
    await folder.write('in/a.yaml', service('a', '10.0.0.2'));
    await shows('a=10.0.0.2');
    await folder.write('in/b.yaml', service('b'));
    await shows('a=10.0.0.2 b=10.0.0.1');
  });

  it('reports text that is not UTF-8', async () => {
    await start();
    await writeFile(folder.at('a.yaml'), Buffer.from([0x61, 0xff]));
    await told(1);
    expect(faults[0]?.reason).to.match(/UTF-8/);
  });

  it('says nothing after it was stopped', async () => {
    await folder.write('a.yaml', service('a'));
    await start();
    await folder.write('a.yaml', service('a', '10.0.0.2'));
    await Promise.all(sources.map((source) => source.stop()));
    const calls = sink.calls.length;
    await folder.write('b.yaml', service('b'));
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(sink.calls).to.have.length(calls);
  });

  it('ends with what a fresh reading finds, after any edits', async () => {
    const file = fc.constantFrom('a.yaml', 'b.yaml', 'sub/a.yaml', 'sub/deep/c.yaml', 'z.json');
    const content = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 3 })), {
      maxLength: 3,
    });
    const edit = fc.oneof(
      fc.record({
        act: fc.constant('write' as const),
        file,
        content,
        pause: fc.integer({ min: 0, max: 25 }),
      }),
      fc.record({ act: fc.constant('swap' as const), file, content, pause: fc.integer({ min: 0, max: 25 }) }),
      fc.record({
        act: fc.constant('delete' as const),
        file,
        content,
        pause: fc.integer({ min: 0, max: 25 }),
      }),
      fc.record({ act: fc.constant('drop' as const), file, content, pause: fc.integer({ min: 0, max: 25 }) }),
    );
    const text = (all: readonly (readonly [string, number])[]): string =>
      all.map(([name, last]) => service(name, `10.0.0.${last}`)).join('---\n');
    const versions = (
      objects: Iterable<{ readonly metadata: { readonly uid: string; readonly resourceVersion: string } }>,
    ) =>
      [...objects]
        .map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`)
        .toSorted()
        .join('\n');
    await folder.write('keep.yaml', service('keep'));
    await start();
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 8 }), async (edits) => {
        for (const { act, file, content, pause } of edits) {
          if (act === 'write') await folder.write(file, text(content));
          else if (act === 'swap') await folder.swap(file, text(content));
          else if (act === 'delete') await rm(folder.at(file), { force: true });
          else await rm(folder.at('sub'), { recursive: true, force: true });
          if (pause > 12) await new Promise((resolve) => setTimeout(resolve, pause));
        }
        const fresh = await readManifests([folder.path]);
        const wanted = versions(fresh.objects.map(({ object }) => object));
        await eventually(() => versions(sink.objects.values()), wanted);
      }),
      { numRuns: 25 },
    );
  });
});
