import { expect } from 'chai';
import { makePair } from '../harness/certificates.ts';
import { apply, namespace } from '../harness/cluster.ts';
import { endpoints, ingress, ingressClass, service, tlsSecret } from '../harness/objects.ts';
import { eventually, steadily } from '../harness/poll.ts';
import { useStage } from '../harness/stage.ts';
import { siteObjects } from './site.ts';

const FAST = ['--sync-rate-limit=20'];

describe('a cluster', () => {
  const the = useStage(async (stage) => {
    const address = stage.address();
    const web = await stage.backend('web', { address });
    const other = await stage.backend('other', { address });
    const api = await stage.api();
    apply(api, ...siteObjects(web), service('other'), ...endpoints('other', [other]));
    return { api, web, other, program: await stage.start({ api, flags: FAST }) };
  });

  const backendOf = async (host: string) => (await the().program.http(host, '/')).echo().backend;
  const statusOf = async (host: string) => (await the().program.http(host, '/')).status;

  it('is served', async () => {
    expect(await backendOf('a.test')).to.equal('web');
  });

  it('an Ingress comes, changes and goes', async () => {
    const { api, program } = the();
    await program.reloadAfter(() => apply(api, ingress('new', { rules: { 'new.test': 'web' } })));
    expect(await backendOf('new.test')).to.equal('web');
    await program.reloadAfter(() => apply(api, ingress('new', { rules: { 'new.test': 'other' } })));
    expect(await backendOf('new.test')).to.equal('other');
    await program.reloadAfter(() => api.delete('Ingress', 'default/new'));
    expect(await statusOf('new.test')).to.equal(404);
  });

  it('a Service comes, changes and goes, without a reload', async () => {
    const { api, program, other } = the();
    await program.reloadAfter(() => apply(api, ingress('later', { rules: { 'later.test': 'later' } })));
    expect(await statusOf('later.test')).to.equal(503);
    const before = program.reloads();
    apply(api, service('later'), ...endpoints('later', [other]));
    await eventually(async () => expect(await backendOf('later.test')).to.equal('other'));
    apply(api, service('later', { ports: [{ name: 'http', port: 81 }] }));
    await eventually(async () => expect(await statusOf('later.test')).to.equal(503));
    apply(api, service('later'));
    await eventually(async () => expect(await backendOf('later.test')).to.equal('other'));
    api.delete('Service', 'default/later');
    await eventually(async () => expect(await statusOf('later.test')).to.equal(503));
    expect(program.reloads()).to.equal(before);
  });

  it('endpoints come, change and go, without a reload', async () => {
    const { api, program, web, other } = the();
    const before = program.reloads();
    for (const backend of [other, web]) {
      apply(api, ...endpoints('web', [backend]));
      await eventually(async () => expect(await backendOf('a.test')).to.equal(backend.name));
    }
    api.delete('EndpointSlice', 'default/web-http-0');
    await eventually(async () => expect(await statusOf('a.test')).to.equal(503));
    apply(api, ...endpoints('web', [web]));
    await eventually(async () => expect(await backendOf('a.test')).to.equal('web'));
    expect(program.reloads()).to.equal(before);
  });

  it('a Secret comes, changes and goes, without a reload', async () => {
    const { api, program } = the();
    const tls = [{ hosts: ['tls.test'], secretName: 'pair' }];
    await program.reloadAfter(() => apply(api, ingress('tls', { rules: { 'tls.test': 'web' }, tls })));
    const seen = async () => (await program.https('tls.test', '/')).certificate;
    const before = program.reloads();
    apply(api, tlsSecret('pair', await makePair('tls.test')));
    await eventually(async () => expect((await seen()).subject).to.deep.equal({ CN: 'tls.test' }));
    const first = (await seen()).fingerprint;
    apply(api, tlsSecret('pair', await makePair('tls.test')));
    await eventually(async () => expect((await seen()).fingerprint).to.not.equal(first));
    expect((await seen()).subject).to.deep.equal({ CN: 'tls.test' });
    api.delete('Secret', 'default/pair');
    await eventually(async () => expect((await seen()).subject).to.include({ O: 'Acme Co' }));
    expect(program.reloads()).to.equal(before);
  });

  it('an IngressClass that comes after its Ingress brings it in, and takes it away', async () => {
    const { api, program } = the();
    apply(api, ingress('waiting', { rules: { 'waiting.test': 'web' }, className: 'late' }));
    await steadily(async () => expect(await statusOf('waiting.test')).to.equal(404), 300);
    await program.reloadAfter(() => apply(api, ingressClass('late')));
    expect(await backendOf('waiting.test')).to.equal('web');
    await program.reloadAfter(() => api.delete('IngressClass', 'late'));
    expect(await statusOf('waiting.test')).to.equal(404);
  });

  it('endpoints on this machine itself get nothing', async () => {
    const { api, stage, program } = the();
    const local = await stage.backend('local');
    await program.reloadAfter(() =>
      apply(
        api,
        service('local'),
        ...endpoints('local', [local]),
        ingress('local', { rules: { 'local.test': 'local' } }),
      ),
    );
    expect(await statusOf('local.test')).to.equal(503);
    expect(await program.logged(/service="default\/local"/)).to.include('loopback');
    expect(local.connections()).to.equal(0);
  });

  it('a change of its ConfigMap is taken over', async () => {
    const { stage } = the();
    const api = await stage.api();
    const settings = (data: Readonly<Record<string, string>>) => ({
      kind: 'ConfigMap' as const,
      metadata: { name: 'settings', namespace: 'ingress' },
      data,
    });
    apply(api, ...siteObjects(the().web), settings({ 'proxy-body-size': '1k' }));
    const program = await stage.start({ api, flags: [...FAST, '--configmap=ingress/settings'] });
    const post = () => program.http('a.test', '/', { method: 'POST', body: Buffer.alloc(2000) });
    expect(await post()).to.include({ status: 413 });
    await program.reloadAfter(() => apply(api, settings({ 'proxy-body-size': '4k' })));
    expect((await post()).echo().bodyLength).to.equal(2000);
    await program.stop();
  });
});

describe('parts of a cluster', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', { address: stage.address() });
    const api = await stage.api();
    apply(api, ingressClass(), namespace('red', { tier: 'front' }), namespace('blue', { tier: 'back' }));
    for (const name of ['red', 'blue']) {
      const meta = { namespace: name };
      apply(
        api,
        service('web', {}, meta),
        ...endpoints('web', [web], meta),
        ingress('site', { rules: { [`${name}.test`]: 'web' }, ...meta }),
      );
    }
    return { api };
  });

  it('--watch-namespace serves one, and asks for nothing else', async () => {
    const { api, stage } = the();
    const first = api.requests().length;
    const program = await stage.start({ api, flags: ['--watch-namespace=red'] });
    expect((await program.http('red.test', '/')).echo().backend).to.equal('web');
    expect(await program.http('blue.test', '/')).to.include({ status: 404 });
    const kinds = new Set(['Ingress', 'Service', 'EndpointSlice', 'Secret', 'ConfigMap']);
    const asked = api
      .requests()
      .slice(first)
      .filter(({ kind }) => kind !== undefined && kinds.has(kind));
    expect(asked).to.have.length.above(kinds.size);
    expect(asked.filter(({ path }) => !path.includes('/namespaces/red/'))).to.deep.equal([]);
    await program.stop();
  });

  it('--watch-namespace-selector serves those with a label, as it comes and goes', async () => {
    const { api, stage } = the();
    const program = await stage.start({ api, flags: [...FAST, '--watch-namespace-selector=tier=front'] });
    const statusOf = async (host: string) => (await program.http(host, '/')).status;
    expect(await statusOf('red.test')).to.equal(200);
    expect(await statusOf('blue.test')).to.equal(404);
    await program.reloadAfter(() => apply(api, namespace('blue', { tier: 'front' })));
    expect(await statusOf('blue.test')).to.equal(200);
    await program.reloadAfter(() => apply(api, namespace('red', { tier: 'back' })));
    expect(await statusOf('red.test')).to.equal(404);
    await program.stop();
  });

  const missing: readonly (readonly [flag: string, message: RegExp])[] = [
    ['--watch-namespace=nowhere', /no namespace with name nowhere found.*--watch-namespace/],
    [
      '--default-backend-service=red/nothing',
      /no service with name red\/nothing found.*--default-backend-service/,
    ],
  ];
  for (const [flag, message] of missing) {
    it(`${flag} must exist at start`, async () => {
      const { api, stage } = the();
      const program = await stage.start({ api, flags: [flag], ready: false });
      expect(await program.ended).to.deep.equal({ code: 255, signal: null });
      expect(await program.logged(message)).to.match(/^E\d{4}/);
      await program.stop();
    });
  }

  it('an API server that comes later is waited for', async () => {
    const { api, stage } = the();
    await api.stopListening();
    const program = await stage.start({ api, ready: false });
    await program.logged(/the API server does not answer/);
    await api.listenAgain();
    await program.waitUntilReady();
    expect((await program.http('red.test', '/')).echo().backend).to.equal('web');
    await program.stop();
  });

  it('is not ready before everything has been listed', async () => {
    const { api, stage } = the();
    api.fail({ kind: 'Secret', verb: 'list', answer: 500, times: 3 });
    const program = await stage.start({ api, ready: false });
    await program.logged(/cannot follow a kind of objects/);
    expect(program.reloads()).to.equal(0);
    await program.waitUntilReady();
    expect((await program.http('red.test', '/')).echo().backend).to.equal('web');
    await program.stop();
  });

  it('without the right to read IngressClasses the annotation decides', async () => {
    const { api, stage } = the();
    const class_ = (value: string) => ({
      namespace: 'red',
      annotations: { 'kubernetes.io/ingress.class': value },
    });
    apply(
      api,
      ingress('annotated', { rules: { 'annotated.test': 'web' }, ...class_('nginx') }),
      ingress('foreign', { rules: { 'foreign.test': 'web' }, ...class_('other') }),
    );
    api.fail({ kind: 'IngressClass', answer: 403, times: 1_000_000 });
    const program = await stage.start({ api });
    expect((await program.http('annotated.test', '/')).echo().backend).to.equal('web');
    expect(await program.http('foreign.test', '/')).to.include({ status: 404 });
    expect(await program.http('red.test', '/')).to.include({ status: 404 });
    expect(await program.logged(/IngressClass/)).to.match(/^W\d{4}/);
    api.clearFaults();
    await program.stop();
  });
});

describe('a large cluster', () => {
  const SIZE = 1100;

  const the = useStage(async (stage) => {
    const web = await stage.backend('web', { address: stage.address() });
    const api = await stage.api();
    apply(api, ingressClass(), service('web'), ...endpoints('web', [web]));
    for (let index = 0; index < SIZE; index++) {
      apply(api, ingress(`site-${index}`, { rules: { [`site-${index}.test`]: 'web' } }));
    }
    // Continue tokens of the first list die once, in its middle.
    let expired = false;
    api.onRequest(({ kind, query }) => {
      if (kind !== 'Ingress' || query['continue'] === undefined || expired) return;
      expired = true;
      api.expireContinueTokens();
    });
    return { api, wasExpired: () => expired, program: await stage.start({ api, flags: FAST }) };
  });

  it('is listed in pages, and again when the list expires between two', () => {
    const { api, wasExpired } = the();
    expect(wasExpired()).to.equal(true);
    const lists = api.requests().filter(({ kind, verb }) => kind === 'Ingress' && verb === 'list');
    expect(lists.every(({ query }) => query['limit'] === '500')).to.equal(true);
    // Two that were for nothing, then three pages.
    expect(lists).to.have.length(5);
  });

  it('is served as a whole', async () => {
    const { program } = the();
    for (const index of [0, 499, 500, 999, 1000, SIZE - 1]) {
      expect((await program.http(`site-${index}.test`, '/')).echo().backend).to.equal('web');
    }
    expect(await program.metric('nginx_ingress_controller_ingresses')).to.equal(SIZE);
    expect(program.reloads()).to.equal(1);
  });

  it('a change of one is served soon', async () => {
    const { api, program } = the();
    await program.reloadAfter(() => apply(api, ingress('site-7', { rules: { 'changed.test': 'web' } })));
    expect((await program.http('changed.test', '/')).echo().backend).to.equal('web');
    expect(await program.http('site-7.test', '/')).to.include({ status: 404 });
  });
});
