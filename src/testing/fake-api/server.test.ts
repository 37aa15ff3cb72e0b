import { expect } from 'chai';
import { startFakeApi } from './server.ts';
import type { FakeApi } from './server.ts';

const base = '/apis/networking.k8s.io/v1';

function ingress(name: string, labels: Readonly<Record<string, string>> = {}) {
  return { kind: 'Ingress', metadata: { name, namespace: 'n', labels }, spec: {} } as const;
}

describe('fake API server', () => {
  let api: FakeApi;

  beforeEach(async () => {
    api = await startFakeApi();
  });

  afterEach(() => api.close());

  interface Reply {
    readonly status: number;
    readonly body: {
      readonly items?: readonly { readonly kind?: string; readonly metadata: { readonly name: string } }[];
      readonly metadata?: Readonly<Record<string, unknown>>;
      readonly spec?: unknown;
      readonly status?: unknown;
    };
  }

  async function call(path: string, init: RequestInit = {}): Promise<Reply> {
    const response = await fetch(api.url + path, init);
    const body: unknown = await response.json();
    // The tests look at what they asked for.
    return { status: response.status, body: body as Reply['body'] };
  }

  function send(methodAndPath: string, body: object, type = 'application/json'): Promise<Reply> {
    const [method = '', path = ''] = methodAndPath.split(' ');
    return call(path, { method, body: JSON.stringify(body), headers: { 'content-type': type } });
  }

  function names({ body }: Reply): readonly string[] {
    return (body.items ?? []).map(({ metadata }) => metadata.name);
  }

  /** All lines of a watch that the server ends. */
  async function watch(path: string, act: () => void): Promise<readonly string[]> {
    const response = await fetch(api.url + path);
    act();
    api.closeWatches();
    const lines = (await response.text()).split('\n').filter((line) => line !== '');
    return lines.map((line) => {
      const { type, object } = JSON.parse(line);
      return `${type} ${object.metadata.name ?? object.code ?? ''}`.trim();
    });
  }

  it('lists in pages that all show the moment of the first', async () => {
    for (const name of ['c', 'a', 'b']) api.create(ingress(name));
    const first = await call(`${base}/ingresses?limit=2`);
    expect(names(first)).to.deep.equal(['a', 'b']);
    expect(first.body.items?.[0]).to.not.have.any.keys('kind', 'apiVersion');
    const version = first.body.metadata?.['resourceVersion'];
    api.delete('Ingress', 'n/c');
    const next = `${base}/ingresses?limit=2&continue=${String(first.body.metadata?.['continue'])}`;
    const second = await call(next);
    expect(names(second)).to.deep.equal(['c']);
    expect(second.body.metadata).to.deep.equal({ resourceVersion: version });
    expect((await call(next)).status).to.equal(410);
  });

  it('lists and gets by namespace, name and selector', async () => {
    api.create(ingress('a', { app: 'x' }));
    api.create({ ...ingress('b'), metadata: { name: 'b', namespace: 'other' } });
    expect(names(await call(`${base}/namespaces/n/ingresses`))).to.deep.equal(['a']);
    expect(names(await call(`${base}/ingresses?labelSelector=app%3Dx`))).to.deep.equal(['a']);
    expect(names(await call(`${base}/ingresses?labelSelector=app!%3Dx`))).to.deep.equal(['b']);
    expect(names(await call(`${base}/ingresses?labelSelector=!app`))).to.deep.equal(['b']);
    expect(names(await call(`${base}/ingresses?fieldSelector=metadata.name%3Db`))).to.deep.equal(['b']);
    expect((await call(`${base}/namespaces/n/ingresses/a`)).body).to.include({ kind: 'Ingress' });
    expect((await call(`${base}/namespaces/n/ingresses/b`)).status).to.equal(404);
    expect((await call('/apis/example.com/v1/things')).status).to.equal(404);
  });

  it('streams what happened since a version and what happens then', async () => {
    api.create(ingress('a'));
    const path = `${base}/ingresses?watch=true&allowWatchBookmarks=true&resourceVersion=${api.version()}`;
    api.create(ingress('b'));
    const lines = await watch(path, () => {
      api.update(ingress('a'));
      api.delete('Ingress', 'n/b');
      api.create({ kind: 'Secret', metadata: { name: 's', namespace: 'n' } });
      api.bookmark();
    });
    expect(lines).to.deep.equal(['ADDED b', 'MODIFIED a', 'DELETED b', 'BOOKMARK']);
  });

  it('turns changes across a selector into additions and deletions', async () => {
    api.create(ingress('a', { app: 'x' }));
    const path = `${base}/ingresses?watch=true&labelSelector=app%3Dx&resourceVersion=${api.version()}`;
    const lines = await watch(path, () => {
      api.update(ingress('a'));
      api.update(ingress('a'));
      api.update(ingress('a', { app: 'x' }));
    });
    expect(lines).to.deep.equal(['DELETED a', 'ADDED a']);
  });

  it('says 410 in the stream when the history is gone', async () => {
    const path = `${base}/ingresses?watch=true&resourceVersion=${api.version()}`;
    api.create(ingress('a'));
    api.compact();
    expect(await watch(path, () => undefined)).to.deep.equal(['ERROR 410']);
  });

  it('creates, replaces, patches and deletes', async () => {
    const path = `${base}/namespaces/n/ingresses`;
    expect((await send(`POST ${path}`, ingress('a'))).status).to.equal(200);
    expect((await send(`POST ${path}`, ingress('a'))).status).to.equal(409);
    const { body } = await call(`${path}/a`);
    const merge = 'application/merge-patch+json';
    const patched = await send(`PATCH ${path}/a/status`, { spec: { x: 1 }, status: { y: 2 } }, merge);
    expect(patched.body).to.deep.include({ spec: {}, status: { y: 2 } });
    expect(patched.body.metadata).to.include({ generation: 1 });
    expect((await send(`PUT ${path}/a`, { ...body, spec: { z: 3 } })).status).to.equal(409);
    const replaced = await send(`PUT ${path}/a`, { ...ingress('a'), spec: { z: 3 } });
    expect(replaced.body).to.deep.include({ spec: { z: 3 }, status: { y: 2 } });
    expect(replaced.body.metadata).to.include({ generation: 2 });
    expect((await send(`PATCH ${path}/a`, [], 'application/json-patch+json')).status).to.equal(400);
    expect((await send(`PATCH ${path}/a`, {}, 'application/json-patch+json')).status).to.equal(415);
    const applied = await send(`PATCH ${path}/b`, ingress('b'), 'application/apply-patch+yaml');
    expect(applied.status).to.equal(200);
    expect((await call(`${path}/a`, { method: 'DELETE' })).status).to.equal(200);
    expect(api.list('Ingress').map(({ metadata }) => metadata.name)).to.deep.equal(['b']);
  });

  it('injects faults for the requests that match, as often as told', async () => {
    api.fail({ kind: 'Ingress', verb: 'list', answer: 429, retryAfter: '7', times: 2 });
    expect((await call(`${base}/ingressclasses`)).status).to.equal(200);
    const refused = await fetch(`${api.url}${base}/ingresses`);
    expect([refused.status, refused.headers.get('retry-after')]).to.deep.equal([429, '7']);
    expect((await call(`${base}/ingresses`)).status).to.equal(429);
    expect((await call(`${base}/ingresses`)).status).to.equal(200);
  });

  it('wants the token that is set', async () => {
    api.setToken('secret');
    expect((await call(`${base}/ingresses`)).status).to.equal(401);
    const headers = { authorization: 'Bearer secret' };
    expect((await call(`${base}/ingresses`, { headers })).status).to.equal(200);
  });

  it('lists ten thousand objects fast', async () => {
    for (let index = 0; index < 10_000; index += 1) api.create(ingress(`i${index}`));
    const began = performance.now();
    const { body } = await call(`${base}/ingresses`);
    expect(body.items).to.have.length(10_000);
    expect(performance.now() - began).to.be.lessThan(2000);
  });
});
