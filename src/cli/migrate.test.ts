import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { defaultOptions } from '../config/flags/parse.ts';
import type { Options } from '../config/flags/table.ts';
import { findPlace } from '../config/place.ts';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { startFakeApi } from '../testing/fake-api/server.ts';
import type { FakeApi } from '../testing/fake-api/server.ts';
import { apply, kubeconfig } from '../testing/harness/cluster.ts';
import { ingress, ingressClass, service } from '../testing/harness/objects.ts';
import { migrate } from './migrate.ts';

const place = findPlace(`${import.meta.dirname}/../..`);

async function run(options: Partial<Options>): Promise<{ readonly code: number; readonly text: string }> {
  let text = '';
  const all = { ...defaultOptions(), configmap: 'ops/settings', ...options };
  const code = await migrate({ options: all, place, write: (part) => (text += part) });
  return { code, text };
}

describe('tidegate migrate', () => {
  let folder: Folder;
  beforeEach(async () => {
    folder = await makeFolder();
  });
  afterEach(() => folder.remove());

  const objects = [
    ingressClass(),
    service('web'),
    ingress('good', { rules: { 'a.test': 'web' } }),
    ingress('bad', {
      rules: { 'b.test': 'web' },
      annotations: { 'nginx.ingress.kubernetes.io/auth-url': 'ftp://x' },
    }),
  ];

  it('reads manifests, and names file and line', async () => {
    const file = folder.file('all.json');
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, null, 2));
    const { code, text } = await run({ manifests: [folder.path] });
    expect(code).to.equal(1);
    expect(text)
      .to.include('2 Ingresses: 1 the same')
      .and.match(/default\/bad \(\S+all\.json:\d+\)/);
  });

  it('ends well when nothing is refused', async () => {
    await writeFile(
      folder.file('all.json'),
      JSON.stringify({ kind: 'List', apiVersion: 'v1', items: objects.slice(0, 3) }),
    );
    expect((await run({ manifests: [folder.path], report: 'json' })).code).to.equal(0);
  });

  describe('of a cluster', () => {
    let api: FakeApi;
    beforeEach(async () => {
      api = await startFakeApi();
      apply(api, ...objects);
      await writeFile(folder.file('config'), kubeconfig({ server: api.url, token: '', ca: '' }));
    });
    afterEach(() => api.close());

    it('reads it once, changes nothing, and prints JSON', async () => {
      const before = api.version();
      const { code, text } = await run({ kubeconfig: folder.file('config'), report: 'json' });
      const report = JSON.parse(text) as { readonly counts: object; readonly gaps: readonly string[] };
      expect(report.counts).to.deep.equal({ same: 1, different: 0, ignored: 0, refused: 1, foreign: 0 });
      expect(report.gaps).to.deep.equal([]);
      expect(code).to.equal(1);
      expect(api.version()).to.equal(before);
    });

    it('says what may not be read', async () => {
      api.fail({ kind: 'Secret', answer: 403 });
      const { text } = await run({ kubeconfig: folder.file('config') });
      expect(text).to.match(/Not looked at: secrets \(/);
    });
  });

  it('needs something to look at', async () => {
    const file = folder.file('nothing');
    let reason = '';
    await run({ kubeconfig: file }).catch((error: unknown) => (reason = String(error)));
    expect(reason).to.include(file);
  });
});
