/** Events that change nothing cost nothing, and statuses are written once. */
import { expect } from 'chai';
import type { FakeApi } from '../fake-api/server.ts';
import type { FakeObject } from '../fake-api/store.ts';
import { endpoints, ingress, service } from '../harness/objects.ts';
import { eventually, steadily } from '../harness/poll.ts';
import { useStage } from '../harness/stage.ts';
import { siteObjects } from './site.ts';

const ADDRESS = '192.0.2.1';
const POD = { name: 'controller', namespace: 'default' };

const managed = (object: FakeObject, n: number): FakeObject => ({
  ...object,
  metadata: { ...object.metadata, managedFields: [{ manager: `m${n}` }] } as FakeObject['metadata'],
});

describe('events that change nothing', () => {
  const the = useStage(async (stage) => {
    const api = await stage.api();
    const web = await stage.backend('web', { address: stage.address() });
    for (const object of siteObjects(web)) api.create(object);
    const [slice] = endpoints('nobody', [{ address: '10.0.0.1', port: 80 }]);
    if (slice === undefined) throw new Error('no slice');
    api.create(slice);
    api.create({
      kind: 'Pod',
      metadata: { ...POD, labels: { app: 'tidegate' } },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    } as FakeObject);
    const program = await stage.start({
      api,
      env: { POD_NAME: POD.name, POD_NAMESPACE: POD.namespace },
      flags: [`--publish-status-address=${ADDRESS}`, '-v=2'],
    });
    await eventually(() => expect(statusOf(api, 'a')).to.equal(ADDRESS));
    return { api, program, slice, web };
  });

  function statusOf(api: FakeApi, name: string): unknown {
    const { status } = (api.get('Ingress', `default/${name}`) ?? {}) as {
      readonly status?: {
        readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] };
      };
    };
    return status?.loadBalancer?.ingress?.[0]?.ip;
  }

  const syncs = () =>
    the()
      .program.logLines()
      .filter((line) => line.includes('"sync"')).length;

  const changes: Readonly<Record<string, (n: number) => unknown>> = {
    'an EndpointSlice of a Service that nobody names': (n) => {
      const { api, slice } = the();
      const list = [{ addresses: [`10.0.1.${n + 1}`], conditions: { ready: true } }];
      return api.update({ ...slice, endpoints: list } as FakeObject);
    },
    'managed fields of an Ingress': (n) =>
      the().api.update(managed(ingress('a', { rules: { 'a.test': 'web' } }), n)),
    'managed fields of a Service': (n) => the().api.update(managed(service('web'), n)),
    'a Service that nobody names': (n) => {
      const { api } = the();
      const object = service(`other-${n}`);
      return api.create(object);
    },
  };
  for (const [name, change] of Object.entries(changes)) {
    it(`cause no sync: ${name}`, async () => {
      await the().program.settled();
      const before = syncs();
      for (let n = 0; n < 20; n++) change(n);
      await steadily(() => expect(syncs()).to.equal(before), 400);
    });
  }

  it('are told from those that change something: the Service comes to be named, its slices count at once', async () => {
    const { api, program, web } = the();
    const [slice] = endpoints('nobody', [web]);
    api.update(slice as FakeObject);
    api.create(service('nobody'));
    api.create(ingress('n', { rules: { 'n.test': 'nobody' } }));
    await eventually(async () => expect((await program.http('n.test', '/')).status).to.equal(200));
    const other = await the().stage.backend('other', { address: the().stage.address() });
    for (const object of endpoints('nobody', [other])) {
      if (api.get('EndpointSlice', `default/${object.metadata.name}`) === undefined) api.create(object);
      else api.update(object);
    }
    await eventually(async () =>
      expect((await program.http('n.test', '/')).echo().backend).to.equal('other'),
    );
  });

  it('are statuses, too: each is written once, and none causes a sync', async () => {
    const { api, program } = the();
    const names = Array.from({ length: 200 }, (_, index) => `s${index}`);
    const patches = () =>
      api
        .requests()
        .filter(({ method, path }) => method === 'PATCH' && /\/ingresses\/s\d+\/status$/.test(path));
    for (const name of names) api.create(ingress(name, { rules: { [`${name}.test`]: 'web' } }));
    await eventually(() => expect(names.every((name) => statusOf(api, name) === ADDRESS)).to.equal(true));
    await program.settled(1000);
    const before = syncs();
    expect(patches()).to.have.length(names.length);
    for (const name of names) {
      const object = api.get('Ingress', `default/${name}`);
      if (object !== undefined)
        api.update({ ...object, status: { loadBalancer: { ingress: [{ ip: '192.0.2.9' }] } } } as FakeObject);
    }
    await eventually(() => expect(patches()).to.have.length(2 * names.length));
    await steadily(() => expect(syncs()).to.equal(before), 400);
  });
});
