/** Requests that the controller is to make for somebody else, to where nobody may send any (compat/security.md, T-SSRF). */
import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FakeObject } from '../fake-api/store.ts';
import { apply } from '../harness/cluster.ts';
import { startDns } from '../harness/dns.ts';
import { configMap, endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

/** A service of this machine that nobody must reach. */
async function startOwn(stage: Stage) {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stage.defer(() => server.close());
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

const asFake = (objects: readonly object[]) => objects as readonly FakeObject[];

describe('forged requests', () => {
  const the = useStage(async (stage) => {
    const own = await startOwn(stage);
    const dns = await startDns(stage.address());
    stage.defer(dns.close);
    const resolv = join(stage.folder, 'resolv.conf');
    writeFileSync(resolv, `nameserver ${dns.address}\n`);
    const web = await stage.backend('web', { address: stage.address() });
    const api = await stage.api();
    apply(api, ingressClass(), ...asFake(site('web', { places: [web] })), configMap('settings', {}));
    const program = await stage.start({
      api,
      flags: ['--sync-rate-limit=20', '--configmap=default/settings'],
      env: { TIDEGATE_RESOLV_CONF: resolv },
    });
    return { own, dns, web, api, program };
  });

  let number = 0;
  /** Resolves to the status that a new host with these objects has in the end. */
  async function statusOf(make: (name: string) => readonly FakeObject[]): Promise<number> {
    const { api, program } = the();
    const name = `forged-${number++}`;
    apply(api, ...make(name));
    let status = 404;
    await eventually(async () => {
      ({ status } = await program.http(`${name}.test`, '/'));
      expect(status).to.not.equal(404);
    });
    return status;
  }

  const externalName = (host: string) => (name: string) => [
    service(name, { type: 'ExternalName', externalName: host, ports: [{ port: the().own.port }] }),
    ingress(name, { rules: { [`${name}.test`]: `${name}:${the().own.port}` } }),
  ];
  const asking = (url: string) => (name: string) =>
    asFake(site(name, { places: [the().web], with: { 'auth-url': url } }));

  afterEach(() => {
    expect(the().own.connections()).to.equal(0);
  });

  for (const host of [
    'localhost',
    '127.0.0.1',
    '0.0.0.0',
    '::1',
    '::ffff:127.0.0.1',
    '2130706433',
    '0x7f000001',
    '127.1',
  ])
    it(`T-SSRF 1: an ExternalName ${host} is none`, async () => {
      expect(await statusOf(externalName(host))).to.equal(503);
    });

  for (const address of ['127.0.0.1', '0.0.0.0', '169.254.169.254'])
    it(`T-SSRF 2: an ExternalName that leads to ${address} is none`, async () => {
      the().dns.set('evil.example', { type: 'A', value: address });
      expect(await statusOf(externalName('evil.example'))).to.equal(503);
    });

  it('T-SSRF 2: nor is one that leads there later', async () => {
    const { dns, web, api, program } = the();
    dns.set('moving.example', { type: 'A', value: web.address, ttl: 1 });
    apply(
      api,
      service('moving', {
        type: 'ExternalName',
        externalName: 'moving.example',
        ports: [{ port: web.port }],
      }),
      ingress('moving', { rules: { 'moving.test': `moving:${web.port}` } }),
    );
    await eventually(async () => expect((await program.http('moving.test', '/')).status).to.equal(200));
    dns.set('moving.example', { type: 'A', value: '127.0.0.1', ttl: 1 });
    const from = program.logLines().length;
    // The last good address serves for a while.
    await eventually(async () => {
      expect((await program.http('moving.test', '/')).status).to.be.oneOf([200, 503]);
      expect(program.logLines().slice(from).join('\n')).to.include(
        'address 127.0.0.1 of an external name must not be reached',
      );
    });
  });

  for (const url of [
    'http://127.0.0.1:PORT/',
    'http://[::1]:PORT/',
    'http://localhost:PORT/',
    'http://0x7f.1:PORT/',
  ])
    it(`T-SSRF 3: an authentication service ${url} is not asked`, async () => {
      expect(await statusOf(asking(url.replace('PORT', String(the().own.port))))).to.equal(503);
    });

  it('T-SSRF 3: nor is one whose name leads there', async () => {
    the().dns.set('auth.evil.example', { type: 'A', value: '127.0.0.1' });
    expect(await statusOf(asking(`http://auth.evil.example:${the().own.port}/`))).to.equal(500);
  });

  it('T-SSRF 4: a mirror of requests is none', async () => {
    const target = `http://127.0.0.1:${the().own.port}/$request_uri`;
    expect(
      await statusOf((name) =>
        asFake(site(name, { places: [the().web], with: { 'mirror-target': target } })),
      ),
    ).to.equal(200);
  });

  for (const [what, address] of [
    ['this machine', '127.0.0.1'],
    ['a service of the cloud', '169.254.169.254'],
    ['everything', '0.0.0.0'],
  ] as const)
    it(`T-SSRF 5: an endpoint that is ${what} gets nothing`, async () => {
      const { own } = the();
      const status = await statusOf((name) => [
        service(name),
        ...endpoints(name, [{ address, port: own.port }]),
        ingress(name, { rules: { [`${name}.test`]: name } }),
      ]);
      expect(status).to.equal(503);
    });

  it('T-SSRF 5: nor does one that is the controller', async () => {
    const { program, web } = the();
    const status = await statusOf((name) => [
      service(name),
      ...endpoints(name, [{ address: web.address, port: program.ports.https }]),
      ingress(name, { rules: { [`${name}.test`]: name } }),
    ]);
    expect(status).to.equal(503);
  });

  it('T-SSRF 6: a service for all that is this machine lets nobody in', async () => {
    const { api, own, program } = the();
    apply(api, configMap('settings', { 'global-auth-url': `http://127.0.0.1:${own.port}/metrics` }));
    await eventually(async () => expect((await program.http('web.test', '/')).status).to.equal(500));
    apply(api, configMap('settings', {}));
    await eventually(async () => expect((await program.http('web.test', '/')).status).to.equal(200));
  });
});
