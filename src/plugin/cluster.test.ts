import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import type { ClientFlags } from './client-flags.ts';
import { openClusterClient } from './cluster.ts';

describe('cluster of the plugin', () => {
  let folder: Folder;
  let server: Server;
  let url: string;
  let seen: {
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    readonly groups: readonly string[];
  }[];
  let answer: { readonly status: number; readonly body: string };

  before(async () => {
    folder = await makeFolder();
    server = createServer((request, response) => {
      const groups = request.headersDistinct['impersonate-group'] ?? [];
      seen.push({ path: request.url ?? '', headers: request.headers, groups });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    // A server on a TCP port has this form of address.
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await writeConfig('config', 'one');
  });
  beforeEach(() => {
    seen = [];
    answer = { status: 200, body: '{"items":[]}' };
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await folder.remove();
  });

  async function writeConfig(name: string, current: string): Promise<void> {
    const contexts = [
      { name: 'one', context: { cluster: 'here', user: 'me', namespace: 'mine' } },
      { name: 'two', context: { cluster: 'here', user: 'you' } },
      { name: 'lost', context: { cluster: 'gone', user: 'you' } },
    ];
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': current,
      clusters: [
        { name: 'here', cluster: { server: url } },
        { name: 'far', cluster: { server: 'http://127.0.0.1:1' } },
      ],
      users: [
        { name: 'me', user: { token: 'secret-of-me' } },
        { name: 'you', user: { token: 'secret-of-you' } },
      ],
      contexts,
    };
    await writeFile(folder.file(name), JSON.stringify(config));
  }

  async function ask(
    flags: ClientFlags,
    env: Readonly<Record<string, string>> = { KUBECONFIG: folder.file('config') },
  ) {
    const client = await openClusterClient(flags, env);
    try {
      await client.list('/api/v1/pods');
      return { namespace: client.namespace, ...seen.at(-1) };
    } finally {
      await client.close();
    }
  }

  const cases: readonly (readonly [
    what: string,
    ClientFlags,
    namespace: string,
    authorization: string | undefined,
  ])[] = [
    ['the current context', {}, 'mine', 'Bearer secret-of-me'],
    ['another context', { context: 'two' }, 'default', 'Bearer secret-of-you'],
    ['another namespace', { namespace: 'other' }, 'other', 'Bearer secret-of-me'],
    ['another user', { user: 'you' }, 'mine', 'Bearer secret-of-you'],
    ['another token', { token: 'given' }, 'mine', 'Bearer given'],
    ['another cluster', { context: 'lost', cluster: 'here' }, 'default', 'Bearer secret-of-you'],
  ];
  for (const [what, flags, namespace, authorization] of cases)
    it(`is that of ${what}`, async () => {
      const asked = await ask(flags);
      expect(asked.namespace).to.equal(namespace);
      expect(asked.headers?.authorization).to.equal(authorization);
    });

  it('is that of --server, with and without a kubeconfig', async () => {
    expect((await ask({ server: url, cluster: 'far' })).path).to.match(/^\/api\/v1\/pods/);
    const alone = await ask({ server: url }, {});
    expect(alone.namespace).to.equal('default');
    expect(alone.headers).to.not.have.property('authorization');
  });

  it('is that of --kubeconfig', async () => {
    await writeConfig('other', 'two');
    expect((await ask({ kubeconfig: folder.file('other') }, {})).headers?.authorization).to.equal(
      'Bearer secret-of-you',
    );
  });

  it('hears who the user acts as', async () => {
    const { headers, groups } = await ask({
      as: 'jane',
      asUid: '7',
      asGroup: ['dev', 'ops,all'],
      asUserExtra: ['Scopes=a=b', 'x/y=z'],
    });
    expect(headers).to.include({
      'impersonate-user': 'jane',
      'impersonate-uid': '7',
      'impersonate-extra-scopes': 'a=b',
      'impersonate-extra-x%2fy': 'z',
    });
    expect(groups).to.deep.equal(['dev', 'ops,all']);
  });

  const wrong: readonly (readonly [what: string, ClientFlags, RegExp])[] = [
    ['a cluster', { cluster: 'none' }, /cluster "none" does not exist/],
    ['a user', { user: 'none' }, /user "none" does not exist/],
    ['a context', { context: 'none' }, /context "none" does not exist/],
    ['the cluster of a context', { context: 'lost' }, /names the cluster "gone", which is not among/],
    ['a kubeconfig', { kubeconfig: '/none/at/all' }, /ENOENT/],
    ['a time', { requestTimeout: 'x' }, /--request-timeout/],
    ['more about a user', { asUserExtra: ['x'] }, /--as-user-extra is "x"; write key=value/],
  ];
  for (const [what, flags, message] of wrong)
    it(`is refused when ${what} is not there`, async () => {
      const error: unknown = await ask(flags).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(Error).with.property('message').that.matches(message);
    });

  it('tells what the API server says', async () => {
    answer = { status: 403, body: '{"kind":"Status","message":"pods is forbidden"}' };
    const error: unknown = await ask({}).catch((reason: unknown) => reason);
    expect(error).to.have.property('message', 'Error from server (403): pods is forbidden');
  });

  it('waits no longer than --request-timeout', async () => {
    const slow = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const { port } = slow.address() as AddressInfo;
    const error: unknown = await ask({ server: `http://127.0.0.1:${port}`, requestTimeout: '100ms' }).catch(
      (reason: unknown) => reason,
    );
    slow.closeAllConnections();
    slow.close();
    expect(error)
      .to.have.property('message')
      .that.matches(/timeout/i);
  });
});
