import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { defaultOptions } from '../config/flags/parse.ts';
import type { FlagName, Options } from '../config/flags/table.ts';
import { findPlace } from '../config/place.ts';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { startFakeApi } from '../testing/fake-api/server.ts';
import type { FakeApi } from '../testing/fake-api/server.ts';
import { apply, kubeconfig } from '../testing/harness/cluster.ts';
import { ingress, ingressClass, service } from '../testing/harness/objects.ts';
import { stringify } from 'yaml';
import type { Report } from '../migrate/report.ts';
import { migrate } from './migrate.ts';

const place = findPlace(`${import.meta.dirname}/../..`);

async function run(
  options: Partial<Options>,
  given: readonly FlagName[] = [],
): Promise<{ readonly code: number; readonly text: string }> {
  let text = '';
  const all = { ...defaultOptions(), configmap: 'ops/settings', ...options };
  const code = await migrate({ options: all, given: new Set(given), place, write: (part) => (text += part) });
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
      annotations: { 'nginx.ingress.kubernetes.io/server-alias': 'a_;' },
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

  /** As the manifests of ingress-nginx have it, in a namespace of its own. */
  const controller = (kind: 'Deployment' | 'DaemonSet', ...args: readonly string[]) => ({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'old', namespace: 'ops' },
    spec: {
      template: {
        spec: {
          containers: [
            {
              name: 'controller',
              image: 'registry.k8s.io/ingress-nginx/controller:v1.14.3',
              args: ['/nginx-ingress-controller', ...args],
              env: [{ name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }],
            },
          ],
        },
      },
    },
  });
  const map = (name: string, data: Readonly<Record<string, string>>) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap' as const,
    metadata: { name, namespace: 'ops' },
    data,
  });
  const install = [
    map('old', { 'proxy-body-size': 'much' }),
    map('tcp', { '80': 'default/web:80', '9000': 'default/web:80' }),
  ];
  const flags = ['--configmap=$(POD_NAMESPACE)/old', '--tcp-services-configmap=$(POD_NAMESPACE)/tcp'];

  for (const [format, says] of [
    [
      'text',
      [
        /The controller that is replaced\n {2}Deployment ops\/old \(\S+all\.yaml:\d+\)/,
        /read with its flags: --configmap=ops\/old --tcp-services-configmap=ops\/tcp\n/,
        /ignored: spec\.template\.spec\.containers\[0\]\.args\[3\] \(\S+all\.yaml:\d+\): --disable-full-test has no effect/,
        /data\["proxy-body-size"\] \(\S+all\.yaml:\d+\)/,
        /TCP and UDP services\n {2}ignored: ConfigMap ops\/tcp data\["80"\].* which --http-port has/,
      ],
    ],
    ['json', [/"name": "Deployment ops\/old"/, /"streams": \[\n/, /--disable-full-test has no effect/]],
    [
      'html',
      [
        /<code>Deployment ops\/old<\/code>/,
        /--disable-full-test has no effect/,
        /TCP and UDP services<\/h2>/,
      ],
    ],
  ] as const)
    it(`reads the old controller, and prints ${format}`, async () => {
      const items = [...objects, ...install, controller('Deployment', ...flags, '--disable-full-test')];
      const text = items.map((item) => stringify(item)).join('---\n');
      await writeFile(folder.file('all.yaml'), text);
      const found = await run({ manifests: [folder.path], report: format, configmap: '' });
      for (const line of says) expect(found.text).to.match(line);
      expect(found.text).to.not.include('data[\\"9000').and.not.include('data["9000');
    });

  it('fails where the controller would not start', async () => {
    const old = controller('DaemonSet', '--ingress-clas=x');
    const items = [...objects.slice(0, 3), old];
    await writeFile(
      folder.file('all.json'),
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 2),
    );
    const { code, text } = await run({ manifests: [folder.path] });
    expect(code).to.equal(1);
    expect(text)
      .to.include('DaemonSet ops/old')
      .and.match(/refused: \S+args\[1\] \(\S+all\.json:\d+\): unknown flag.*did you mean --ingress-class\?/);
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

    for (const kind of ['Deployment', 'DaemonSet'] as const)
      it(`reads the arguments of a ${kind}, and the command line wins`, async () => {
        apply(api, ...install, controller(kind, ...flags, '--controller-class=example.com/inner'));
        const asked = { kubeconfig: folder.file('config'), report: 'json', configmap: '' } as const;
        const { text } = await run(asked);
        const inner = JSON.parse(text) as Report;
        expect(inner.controller).to.include({ name: `${kind} ops/old`, place: '' });
        expect(inner.counts.foreign).to.equal(2);
        expect(inner.settings).to.have.length(1);
        const { text: own } = await run(asked, ['controller-class', 'configmap']);
        const outer = JSON.parse(own) as Report;
        expect(outer.counts.foreign).to.equal(0);
        expect(outer.settings).to.deep.equal([]);
        expect(outer.streams).to.have.length(1);
      });

    it('says when workloads may not be read', async () => {
      api.fail({ kind: 'Deployment', answer: 403 });
      const { text } = await run({ kubeconfig: folder.file('config') });
      expect(text).to.match(/Not looked at: deployments \(/);
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
