import { expect } from 'chai';
import { silentLogger } from '../../lib/log.ts';
import type { FakeApi } from '../../testing/fake-api/server.ts';
import type { FakeKind } from '../../testing/fake-api/resources.ts';
import type { Kind } from '../objects.ts';
import { startKubeSource } from './source.ts';
import type { KubeSource, KubeSourceOptions } from './source.ts';
import { eventually, openBench, quickTimings, recordSink } from '../../testing/fake-api/support.ts';
import type { Bench, RecordingSink } from '../../testing/fake-api/support.ts';

const usual: readonly Kind[] = ['ConfigMap', 'EndpointSlice', 'Ingress', 'IngressClass', 'Secret', 'Service'];

describe('kube source', () => {
  let bench: Bench;
  let api: FakeApi;
  let sink: RecordingSink;
  let source: KubeSource;

  beforeEach(async () => {
    bench = await openBench();
    api = bench.api;
    sink = recordSink();
  });

  afterEach(async () => {
    await source.stop();
    await bench.close();
  });

  function start(overrides: Partial<KubeSourceOptions> = {}): void {
    source = startKubeSource({
      client: bench.client,
      sink,
      log: silentLogger,
      watchNamespace: '',
      watchNamespaceSelector: '',
      timings: quickTimings,
      ...overrides,
    });
  }

  function streaming(): Promise<void> {
    return eventually(() => {
      const states = [...source.status().values()].map(({ state }) => state);
      expect(states.every((state) => state === 'streaming')).to.equal(true);
      expect(api.openWatches()).to.equal(states.length);
    });
  }

  interface More {
    readonly labels?: Readonly<Record<string, string>>;
    readonly type?: string;
    readonly spec?: object;
  }

  function create(kind: FakeKind, key: string, { labels = {}, ...more }: More = {}): void {
    const [name = '', namespace = ''] = key.split('/').toReversed();
    api.create({ kind, metadata: { name, namespace, labels }, ...more });
  }

  it('follows the six usual kinds, each with one connection, and can be stopped', async () => {
    for (const kind of usual) create(kind, kind === 'IngressClass' ? 'before' : 'a/before');
    start();
    await streaming();
    for (const kind of usual) create(kind, kind === 'IngressClass' ? 'after' : 'b/after');
    for (const kind of usual) {
      const keys = kind === 'IngressClass' ? ['after', 'before'] : ['a/before', 'b/after'];
      await eventually(() => expect(sink.keys(kind)).to.deep.equal(keys));
    }
    expect([...source.status().keys()].toSorted()).to.deep.equal(usual);
    api.resetWatches();
    await streaming();
    await source.stop();
    await eventually(() => expect(api.openWatches()).to.equal(0));
    // Six for the first watches; a reset costs a new one, lists share what is idle.
    expect(api.counts().connections).to.be.at.most(12);
    const calls = sink.calls.length;
    create('Secret', 'a/late');
    expect(sink.calls).to.have.length(calls);
    expect([...source.status().values()].every(({ state }) => state === 'stopped')).to.equal(true);
  });

  it('leaves Helm records and Tiller ConfigMaps at the server', async () => {
    create('Secret', 'a/helm', { type: 'helm.sh/release.v1' });
    create('Secret', 'a/tls', { type: 'kubernetes.io/tls' });
    create('ConfigMap', 'a/tiller', { labels: { OWNER: 'TILLER' } });
    create('ConfigMap', 'a/settings');
    start();
    await streaming();
    expect(sink.keys('Secret')).to.deep.equal(['a/tls']);
    expect(sink.keys('ConfigMap')).to.deep.equal(['a/settings']);
    create('Secret', 'a/helm2', { type: 'helm.sh/release.v1' });
    create('Secret', 'a/tls2');
    await eventually(() => expect(sink.keys('Secret')).to.deep.equal(['a/tls', 'a/tls2']));
    expect(sink.calls.filter((call) => call.startsWith('put'))).to.deep.equal(['put Secret a/tls2']);
  });

  it('is limited to one namespace, but for kinds that have none', async () => {
    create('IngressClass', 'nginx');
    for (const kind of usual)
      if (kind !== 'IngressClass') for (const key of ['a/x', 'b/x']) create(kind, key);
    start({ watchNamespace: 'a' });
    await streaming();
    for (const kind of usual) {
      expect(sink.keys(kind)).to.deep.equal(kind === 'IngressClass' ? ['nginx'] : ['a/x']);
    }
    create('Ingress', 'b/y');
    create('Ingress', 'a/y');
    await eventually(() => expect(sink.keys('Ingress')).to.deep.equal(['a/x', 'a/y']));
  });

  it('follows Namespaces when a selector is set, and more kinds on request', async () => {
    create('Namespace', 'a');
    create('Node', 'n');
    create('Pod', 'a/mine', { labels: { app: 'x' } });
    create('Pod', 'a/other');
    create('Pod', 'b/other', { labels: { app: 'x' } });
    start({
      watchNamespaceSelector: 'x=y',
      extraKinds: [{ kind: 'Node' }, { kind: 'Pod', namespace: 'a', labelSelector: 'app=x' }],
    });
    await streaming();
    expect(sink.keys('Namespace')).to.deep.equal(['a']);
    expect(sink.keys('Node')).to.deep.equal(['n']);
    expect(sink.keys('Pod')).to.deep.equal(['a/mine']);
  });

  it('goes on without IngressClasses when they are forbidden, and takes them when they are not any more', async () => {
    create('IngressClass', 'nginx');
    create('Ingress', 'a/x');
    api.fail({ kind: 'IngressClass', answer: 403, times: 2 });
    const warnings: string[] = [];
    const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
    start({ log });
    await eventually(() => expect(sink.keys('IngressClass')).to.deep.equal([]));
    expect(source.status().get('IngressClass')).to.include({ synced: true, denied: true });
    await eventually(() => expect(sink.keys('IngressClass')).to.deep.equal(['nginx']));
    expect(source.status().get('IngressClass')).to.include({ denied: false });
    expect(warnings).to.have.length(1);
  });

  it('does not count another forbidden kind as empty', async () => {
    api.fail({ kind: 'Secret', answer: 403, times: 1e6 });
    start();
    await eventually(() => expect(source.status().get('Secret')).to.include({ synced: false, denied: true }));
    expect(sink.keys('Secret')).to.equal(undefined);
  });

  it('hands an exception of the sink to crash', async () => {
    const thrown: unknown[] = [];
    const bug = new Error('a bug in the store');
    const failing = {
      ...sink,
      put: () => {
        throw bug;
      },
    };
    start({ sink: failing, crash: (error) => thrown.push(error) });
    await streaming();
    create('Ingress', 'a/x');
    await eventually(() => expect(thrown).to.deep.equal([bug]));
  });

  it('lists ten thousand objects in pages without blocking for long', async () => {
    for (let index = 0; index < 10_000; index += 1) {
      create('Ingress', `a/i${index}`, {
        spec: { rules: [{ host: `h${index}.example`, http: { paths: [] } }] },
      });
    }
    start();
    await eventually(() => expect(sink.keys('Ingress')).to.have.length(10_000), 8000);
    const lists = api.requests().filter(({ verb, kind }) => verb === 'list' && kind === 'Ingress');
    expect(lists).to.have.length(20);
  });
});
